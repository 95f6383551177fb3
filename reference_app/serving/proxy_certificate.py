"""The proxy's certificate in its folder: made at first, kept, renewed, or one's own."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from reference_app.serving.certificate import (
    OF_THIS_MACHINE,
    make,
    names_of,
    pair_in,
    self_signed,
    store,
)
from reference_app.serving.processes import ServingError

INSTALLED = "installed"
"""The file that tells that the certificate is not one that we have made."""

_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----\s*", re.DOTALL)


def ensure(folder: Path, *, renew: bool = False) -> None:
    """See that the folder has a certificate: its own, or one that we sign ourselves.

    Raises:
        ServingError: what is there is neither ours nor usable.
    """
    pair = pair_in(folder)
    if (folder / INSTALLED).exists():
        if renew:
            raise ServingError("The certificate is your own: install the next one instead.")
        # One that has expired is still served: a warning is better than no site.
        _read(pair.certificate.read_bytes(), pair.key.read_bytes())
    elif renew:
        make(pair, _wanted())
    else:
        self_signed(folder, _wanted())
    print(_told(pair.certificate))


def install(folder: Path, bundle: bytes) -> None:
    """Put a certificate, with those that lead to its authority, and its key into the folder.

    Raises:
        ServingError: it is not a certificate and its key, or has expired.
    """
    blocks = [(match[1], match[0]) for match in _BLOCK.finditer(bundle)]
    chain = b"".join(block for kind, block in blocks if kind == b"CERTIFICATE")
    keys = [block for kind, block in blocks if kind.endswith(b"PRIVATE KEY")]
    if not chain or len(keys) != 1:
        raise ServingError("A certificate and one key are needed, both in PEM.")
    expires = _read(chain, keys[0]).not_valid_after_utc
    if expires < datetime.now(UTC):
        raise ServingError(f"The certificate has expired on {expires:%Y-%m-%d}.")
    pair = pair_in(folder)
    store(pair, chain, keys[0])
    (folder / INSTALLED).touch()
    print(_told(pair.certificate))


def _read(certificate: bytes, key: bytes) -> x509.Certificate:
    """Return the certificate, if the key is its own."""
    try:
        read = x509.load_pem_x509_certificate(certificate)
        private = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError):  # TypeError: it has a passphrase
        raise ServingError(
            "The certificate or its key cannot be read: they are PEM, without passphrase."
        ) from None
    if read.public_key() != private.public_key():
        raise ServingError("The key is not that of the certificate.")
    return read


def _wanted() -> Sequence[str]:
    hosts = [one.strip() for one in os.environ.get("ALLOWED_HOSTS", "").split(",") if one.strip()]
    names = [f"*{one}" if one.startswith(".") else one.strip("[]") for one in hosts]
    return [*OF_THIS_MACHINE, *(one for one in names if one not in OF_THIS_MACHINE)]


def _told(path: Path) -> str:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    names = ", ".join(names_of(certificate))
    return f"The certificate for {names} is good until {certificate.not_valid_after_utc:%Y-%m-%d}."
