"""What is wrong is told in one clear line, and the host is as it was."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.playing import Operator

Refused = Callable[..., str]


@pytest.fixture
def refused(operator: Operator, fleet: Fleet) -> Refused:
    """Run site.yml, which has to be refused and to leave the host as it was."""

    def run(settings: dict[str, Any], *options: str) -> str:
        before = fleet.first("app").changes()
        said = operator.refused("site", *options, settings=settings)
        assert fleet.first("app").changes() == before
        return said

    return run


@pytest.mark.parametrize(
    ("settings", "told"),
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
def test_what_is_wrong_is_named(refused: Refused, settings: dict[str, Any], told: str) -> None:
    assert told in refused(settings)


def test_a_port_that_is_taken_is_named_with_who_has_it(refused: Refused, fleet: Fleet) -> None:
    host = fleet.first("proxy")
    host.run("systemd-run", "--unit=other", "python3", "-m", "http.server", "443")
    try:
        said = refused({})
    finally:
        host.run("systemctl", "stop", "other")
    assert "Port 443 of" in said
    assert "is taken by python3" in said


def test_another_distribution_is_refused(refused: Refused, fleet: Fleet) -> None:
    host = fleet.first("app")
    # Where Ansible reads which Debian it is: covered, so that the host itself stays untouched.
    release, version = "/usr/lib/os-release", "/etc/debian_version"
    host.shell(
        f"sed 's/^VERSION_ID=.*/VERSION_ID=11/' {release} >/run/release; echo 11.11 >/run/version;"
        f"mount --bind /run/release {release}; mount --bind /run/version {version}"
    )
    try:
        said = refused({})
    finally:
        host.shell(f"umount {release} {version}; rm /run/release /run/version")
    assert "is Debian 11; supported are" in said


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A folder with one that has expired, and with a good one and another's key."""
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
    ("certificate", "key", "told"),
    [
        ("expired.pem", "good.key", "expired.pem has expired"),
        ("good.pem", "other.key", "other.key is not the key of proxy_certificate_file"),
    ],
)
def test_a_certificate_that_is_no_good_is_refused(
    certificate: str, key: str, told: str, refused: Refused, certificates: Path
) -> None:
    said = refused(
        {
            "proxy_certificate": "own",
            "proxy_certificate_file": str(certificates / certificate),
            "proxy_certificate_key_file": str(certificates / key),
        }
    )
    assert told in said
    assert "nothing was changed" in said.lower()
