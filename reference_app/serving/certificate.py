"""A self-signed certificate for this machine's own names."""

from __future__ import annotations

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reference_app.serving.commands import Certificate
from reference_app.serving.processes import ServingError

VALID = timedelta(days=365)
RENEW_BEFORE = timedelta(days=7)


def self_signed(folder: Path) -> Certificate:
    """Return a certificate for localhost, made in the folder unless a valid one is there.

    Raises:
        ServingError: the folder's files cannot be read or written.
    """
    pair = Certificate(folder / "certificate.pem", folder / "key.pem")
    try:
        if not _is_valid(pair):
            _make(pair)
    except OSError as error:
        raise ServingError(f"No certificate can be kept in {folder}: {error.strerror}.") from None
    return pair


def _is_valid(pair: Certificate) -> bool:
    if not (pair.certificate.exists() and pair.key.exists()):
        return False
    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
        key = serialization.load_pem_private_key(pair.key.read_bytes(), password=None)
    except ValueError:  # half written, or not ours
        return False
    lasts = certificate.not_valid_after_utc > datetime.now(UTC) + RENEW_BEFORE
    return lasts and certificate.public_key() == key.public_key()


def _make(pair: Certificate) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALID)
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName("localhost"),
                    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
                    x509.IPAddress(ipaddress.ip_address("::1")),
                ]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # Never readable by others, not even between being made and being closed off; made
    # anew, because a file that is there would keep the permissions that it has.
    pair.key.unlink(missing_ok=True)
    with os.fdopen(os.open(pair.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
