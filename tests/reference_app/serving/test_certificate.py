"""The self-signed certificate: its names, its key, and when it is made again."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography import x509

from reference_app.serving.certificate import self_signed
from reference_app.serving.processes import ServingError


def test_it_names_this_machine_and_only_the_owner_can_read_the_key(tmp_path: Path) -> None:
    pair = self_signed(tmp_path)
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert pair.key.stat().st_mode & 0o077 == 0


def test_it_is_kept_while_it_is_valid(tmp_path: Path) -> None:
    first = self_signed(tmp_path).certificate.read_bytes()
    assert self_signed(tmp_path).certificate.read_bytes() == first


@pytest.mark.parametrize("broken", ["certificate.pem", "key.pem"])
def test_a_file_that_is_broken_is_made_again(broken: str, tmp_path: Path) -> None:
    self_signed(tmp_path)
    (tmp_path / broken).write_text("half a fi")
    assert_usable(tmp_path)


def test_a_key_of_another_certificate_is_made_again(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    self_signed(other).key.replace(self_signed(tmp_path).key)
    assert_usable(tmp_path)


def test_a_key_that_others_could_read_is_private_when_made_again(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("")
    (tmp_path / "key.pem").chmod(0o644)
    assert self_signed(tmp_path).key.stat().st_mode & 0o077 == 0


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ServingError, match="No certificate can be kept"):
        self_signed(tmp_path / "nowhere")


def assert_usable(folder: Path) -> None:
    pair = self_signed(folder)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(pair.certificate, pair.key)
