"""The proxy's certificate: self-signed for the site's hosts, or installed by the operator."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from reference_app.serving import certificate
from reference_app.serving.certificate import names_of, pair_in, self_signed
from reference_app.serving.processes import ServingError
from reference_app.serving.proxy_certificate import ensure, install


def names(folder: Path) -> list[str]:
    return names_of(x509.load_pem_x509_certificate(pair_in(folder).certificate.read_bytes()))


def bundle(folder: Path, *hosts: str) -> bytes:
    folder.mkdir()
    pair = self_signed(folder, hosts)
    return pair.certificate.read_bytes() + pair.key.read_bytes()


def test_a_certificate_is_made_for_all_hosts_of_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "chat.example, .sub.example, 10.0.0.7, [::1]")
    ensure(tmp_path)
    assert {"chat.example", "*.sub.example", "10.0.0.7", "::1", "localhost"} == set(
        names(tmp_path)
    ) - {"127.0.0.1"}
    monkeypatch.setenv("ALLOWED_HOSTS", "other.example")
    ensure(tmp_path)
    assert "other.example" in names(tmp_path), "made again for a site of another name"


def test_renewing_makes_another_certificate(tmp_path: Path) -> None:
    ensure(tmp_path)
    first = pair_in(tmp_path).certificate.read_bytes()
    ensure(tmp_path)
    assert pair_in(tmp_path).certificate.read_bytes() == first
    ensure(tmp_path, renew=True)
    assert pair_in(tmp_path).certificate.read_bytes() != first


def test_an_installed_certificate_is_kept_whatever_its_names_and_its_key_is_private(
    tmp_path: Path,
) -> None:
    install(tmp_path, bundle(tmp_path / "own", "chat.example"))
    own = pair_in(tmp_path).certificate.read_bytes()
    ensure(tmp_path)
    assert pair_in(tmp_path).certificate.read_bytes() == own
    assert stat.S_IMODE(pair_in(tmp_path).key.stat().st_mode) == 0o600
    with pytest.raises(ServingError, match="your own"):
        ensure(tmp_path, renew=True)


def test_the_key_of_another_certificate_is_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    ensure(tmp_path)
    before = pair_in(tmp_path).certificate.read_bytes()
    one, other = tmp_path / "one", tmp_path / "other"
    bundle(one)
    bundle(other)
    mixed = pair_in(one).certificate.read_bytes() + pair_in(other).key.read_bytes()
    with pytest.raises(ServingError, match="key is not that of"):
        install(tmp_path, mixed)
    assert pair_in(tmp_path).certificate.read_bytes() == before


@pytest.mark.parametrize("nonsense", [b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\n"])
def test_content_that_is_no_certificate_is_refused(nonsense: bytes, tmp_path: Path) -> None:
    with pytest.raises(ServingError, match="PEM"):
        install(tmp_path, nonsense)


def test_an_expired_certificate_is_not_installed_but_stays_if_it_expires_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(certificate, "VALID", timedelta(seconds=-1))
    own = tmp_path / "own"
    own.mkdir()
    pair = pair_in(own)
    certificate.make(pair, ["chat.example"])
    expired = pair.certificate.read_bytes() + pair.key.read_bytes()
    with pytest.raises(ServingError, match="expired on"):
        install(tmp_path, expired)
    (own / "installed").touch()
    ensure(own)
    assert f"{datetime.now(UTC):%Y-%m}" in capsys.readouterr().out
