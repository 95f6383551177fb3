"""Create, keep or renew the proxy's certificate in its folder, or install the operator's."""

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
"""The file that marks the certificate as the operator's, not created by this module."""

_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----\s*", re.DOTALL)


def ensure(folder: Path, *, renew: bool = False) -> None:
    """Ensure that the folder has a certificate: an installed one, or a self-signed one.

    Raises:
        ServingError: the installed certificate cannot be used, or cannot be renewed here.
    """
    pair = pair_in(folder)
    if (folder / INSTALLED).exists():
        if renew:
            raise ServingError("The certificate is your own: install the next one instead.")
        # An expired certificate is still served: a warning is better than no site.
        _read(pair.certificate.read_bytes(), pair.key.read_bytes())
    elif renew:
        make(pair, _wanted_names())
    else:
        self_signed(folder, _wanted_names())
    print(_summary(pair.certificate))


def install(folder: Path, bundle: bytes) -> None:
    """Put a certificate, its chain to the authority, and its key into the folder.

    Raises:
        ServingError: the input is not a certificate and its key, or the certificate has expired.
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
    print(_summary(pair.certificate))


def _read(certificate: bytes, key: bytes) -> x509.Certificate:
    """Return the certificate, if the key belongs to it."""
    try:
        loaded = x509.load_pem_x509_certificate(certificate)
        private = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError):  # TypeError: the key has a passphrase
        raise ServingError(
            "The certificate or its key cannot be read: they are PEM, without passphrase."
        ) from None
    if loaded.public_key() != private.public_key():
        raise ServingError("The key is not that of the certificate.")
    return loaded


def _wanted_names() -> Sequence[str]:
    hosts = [one.strip() for one in os.environ.get("ALLOWED_HOSTS", "").split(",") if one.strip()]
    names = [f"*{one}" if one.startswith(".") else one.strip("[]") for one in hosts]
    return [*OF_THIS_MACHINE, *(one for one in names if one not in OF_THIS_MACHINE)]


def _summary(path: Path) -> str:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    names = ", ".join(names_of(certificate))
    return f"The certificate for {names} is good until {certificate.not_valid_after_utc:%Y-%m-%d}."
