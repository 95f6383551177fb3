"""Tests of wrong settings: one clear line says what is wrong, and the host is unchanged."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.playbooks import Operator

RunRefused = Callable[..., str]


@pytest.fixture
def run_refused(operator: Operator, fleet: Fleet) -> RunRefused:
    """Return a function that runs site.yml, which must fail and leave the host unchanged."""

    def run(settings: dict[str, Any], *options: str) -> str:
        before = fleet.first("app").changes()
        output = operator.run_refused("site", *options, settings=settings)
        assert fleet.first("app").changes() == before
        return output

    return run


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"proxy_certifcate": "own"}, "Unknown: proxy_certifcate"),
        ({"fawran_database": "oracle"}, "fawran_database"),
        ({"fawran_hosts": []}, "fawran_hosts names the site"),
        ({"fawran_revision": "no-such-commit"}, "fawran_revision is no-such-commit: no commit"),
        ({"fawran_disk_free_mib": 99_999_999}, "MiB free in /opt or /var"),
        ({"proxy_certificate": "own"}, "name the controller's files in proxy_certificate_file"),
        ({"proxy_certificate": "acme"}, "give an address in proxy_acme_email"),
        ({"ansible_user": "nobody-there"}, "nobody-there"),
        ({"ansible_become_method": "su"}, "su"),
        ({"ansible_host": "no-such-container"}, "no-such-container"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_setting_is_named(
    run_refused: RunRefused, settings: dict[str, Any], expected: str
) -> None:
    assert expected in run_refused(settings)


def test_a_port_in_use_is_named_with_its_process(run_refused: RunRefused, fleet: Fleet) -> None:
    host = fleet.first("proxy")
    host.run("systemd-run", "--unit=other", "python3", "-m", "http.server", "443")
    try:
        output = run_refused({})
    finally:
        host.run("systemctl", "stop", "other")
    assert "Port 443 of" in output
    assert "is taken by python3" in output


def test_another_distribution_is_refused(run_refused: RunRefused, fleet: Fleet) -> None:
    host = fleet.first("app")
    # Other files are mounted over those that name the Debian version: the host stays unchanged.
    release, version = "/usr/lib/os-release", "/etc/debian_version"
    host.shell(
        f"sed 's/^VERSION_ID=.*/VERSION_ID=11/' {release} >/run/release; echo 11.11 >/run/version;"
        f"mount --bind /run/release {release}; mount --bind /run/version {version}"
    )
    try:
        output = run_refused({})
    finally:
        host.shell(f"umount {release} {version}; rm /run/release /run/version")
    assert "is Debian 11; supported are" in output


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """Return a folder with an expired certificate, a valid one, and the key of another."""
    request = (
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    )
    for name in ("good", "other"):
        openssl(
            tmp_path, *request, "-subj", "/CN=chat", "-keyout", f"{name}.key", "-out", f"{name}.pem"
        )
    openssl(
        tmp_path,
        *("x509", "-in", "good.pem", "-signkey", "good.key", "-days", "-1", "-out", "expired.pem"),
    )
    return tmp_path


@pytest.mark.parametrize(
    ("certificate", "key", "expected"),
    [
        ("expired.pem", "good.key", "expired.pem has expired"),
        ("good.pem", "other.key", "other.key is not the key of proxy_certificate_file"),
    ],
)
def test_an_unusable_certificate_is_refused(
    certificate: str, key: str, expected: str, run_refused: RunRefused, certificates: Path
) -> None:
    output = run_refused(
        {
            "proxy_certificate": "own",
            "proxy_certificate_file": str(certificates / certificate),
            "proxy_certificate_key_file": str(certificates / key),
        }
    )
    assert expected in output
    assert "nothing was changed" in output.lower()
