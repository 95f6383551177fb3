"""Create and read self-signed certificates for this machine's names and others."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
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
OF_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def self_signed(folder: Path, names: Sequence[str] = ()) -> Certificate:
    """Return a certificate for localhost and further names; create it unless a valid one exists.

    Raises:
        ServingError: the folder's files cannot be read or written.
    """
    pair = pair_in(folder)
    wanted = [*OF_THIS_MACHINE, *(name for name in names if name not in OF_THIS_MACHINE)]
    try:
        if not _is_valid(pair, wanted):
            make(pair, wanted)
    except OSError as error:
        raise ServingError(f"No certificate can be kept in {folder}: {error.strerror}.") from None
    return pair


def pair_in(folder: Path) -> Certificate:
    """Return the paths of the certificate and key in a folder."""
    return Certificate(folder / "certificate.pem", folder / "key.pem")


def _is_valid(pair: Certificate, names: Sequence[str]) -> bool:
    if not (pair.certificate.exists() and pair.key.exists()):
        return False
    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
        key = serialization.load_pem_private_key(pair.key.read_bytes(), password=None)
    except ValueError:  # half written, or not a certificate
        return False
    is_current = certificate.not_valid_after_utc > datetime.now(UTC) + RENEW_BEFORE
    has_key = certificate.public_key() == key.public_key()
    return is_current and has_key and set(names) <= set(names_of(certificate))


def names_of(certificate: x509.Certificate) -> list[str]:
    """Return the hosts that a certificate is valid for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = found.get_values_for_type(x509.IPAddress)
    return [*found.get_values_for_type(x509.DNSName), *map(str, addresses)]


def make(pair: Certificate, names: Sequence[str]) -> None:
    """Create a certificate for these hosts, signed with its own key."""
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
            x509.SubjectAlternativeName([_general_name(one) for one in names]),
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
    certificate_pem = certificate.public_bytes(serialization.Encoding.PEM)
    store(pair, certificate_pem, pem)


def store(pair: Certificate, certificate: bytes, key: bytes) -> None:
    """Write a certificate and its key."""
    # The key is never readable by others, not even for a moment. An existing file is removed
    # first, because it would keep its permissions.
    pair.key.unlink(missing_ok=True)
    with os.fdopen(os.open(pair.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
    pair.certificate.write_bytes(certificate)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
