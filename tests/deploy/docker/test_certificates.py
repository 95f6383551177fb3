"""Tests of certificates: installed, self-signed, from an ACME authority, and refused."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509

from reference_app.serving.certificate import names_of, self_signed
from tests.deploy.docker.assertions import assert_refused, assert_undisturbed
from tests.deploy.docker.stack import TIMEOUT_SECONDS, Stack
from tests.deploy.target import Account, Target

DOMAIN = "chat.example"


def served_certificate(target: Target) -> x509.Certificate:
    pem = ssl.get_server_certificate((target.host, target.port))
    return x509.load_pem_x509_certificate(pem.encode())


def wait_for_certificate(target: Target, name: str) -> x509.Certificate:
    """Wait until the served certificate is for a name; return it."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while name not in names_of(found := served_certificate(target)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


@pytest.fixture
def restore_self_signed(stack: Stack, target: Target) -> Iterator[None]:
    yield
    (proxy,) = stack.containers("proxy")
    folder = next(
        Path(one["Source"])
        for one in stack.inspect(proxy)["Mounts"]
        if one["Destination"] == "/certificates"
    )
    (folder / "installed").unlink()
    assert "localhost" in stack.run_ok("renew-certificate")
    wait_for_certificate(target, "localhost")


def test_a_certificate_with_another_key_is_refused(stack: Stack, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    with assert_undisturbed(stack):
        done = stack.operate(
            "install-certificate",
            str(self_signed(one).certificate),
            str(self_signed(other).key),
        )
        assert_refused(done, "The key is not that of the certificate")


def test_a_file_that_is_no_certificate_is_refused(stack: Stack, tmp_path: Path) -> None:
    nonsense = tmp_path / "certificate.pem"
    nonsense.write_text("no certificate\n")
    with assert_undisturbed(stack):
        done = stack.operate("install-certificate", str(nonsense), str(nonsense))
        assert_refused(done, "A certificate and one key are needed")


def test_a_self_signed_certificate_is_renewed(stack: Stack, target: Target) -> None:
    before = served_certificate(target).serial_number
    assert "localhost" in stack.run_ok("renew-certificate")
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while served_certificate(target).serial_number == before:
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.usefixtures("restore_self_signed")
async def test_an_installed_certificate_is_served_at_once_without_disconnects(
    stack: Stack, target: Target, accounts: list[Account], tmp_path: Path
) -> None:
    pair = self_signed(tmp_path, [DOMAIN])
    room = await target.new_room(accounts, "Certificate")
    async with target.page(accounts[0], room) as page:
        with assert_undisturbed(stack):
            output = stack.run_ok("install-certificate", str(pair.certificate), str(pair.key))
            assert DOMAIN in output
            wait_for_certificate(target, DOMAIN)
        await page.say("still here", str(uuid4()))
        assert (await page.next_of("message"))["text"] == "still here"
    assert_refused(stack.operate("renew-certificate"), "your own")


@contextmanager
def authority(stack: Stack, folder: Path) -> Iterator[str]:
    """Run an ACME server that reaches the proxy by the domain; yield the server's address."""
    folder.mkdir()
    self_signed(folder, ["pebble"])
    settings = {
        "listenAddress": "0.0.0.0:14000",
        "managementListenAddress": "0.0.0.0:15000",
        "certificate": "/pebble/certificate.pem",
        "privateKey": "/pebble/key.pem",
        "httpPort": 8080,
        "tlsPort": 8443,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    (proxy,) = stack.containers("proxy")
    edge, proxy_address = next(
        (name, network["IPAddress"])
        for name, network in stack.inspect(proxy)["NetworkSettings"]["Networks"].items()
        if name.endswith("_edge")
    )
    container = stack.docker(
        *("run", "--detach", "--label", stack.project, "--network", edge),
        *("--network-alias", "pebble", "--add-host", f"{DOMAIN}:{proxy_address}"),
        *("--env", "PEBBLE_VA_NOSLEEP=1", "--env", "PEBBLE_WFE_NONCEREJECT=0"),
        *("--volume", f"{folder}:/pebble:ro", "--entrypoint", "pebble"),
        *("letsencrypt/pebble:v2.4.0", "-config", "/pebble/pebble.json"),
    )
    try:
        yield "https://pebble:14000/dir"
    finally:
        stack.docker("rm", "--force", container)


@pytest.mark.usefixtures("restore_self_signed")
def test_a_certificate_of_an_acme_authority_is_served(
    stack: Stack, target: Target, tmp_path: Path
) -> None:
    with authority(stack, tmp_path / "pebble") as address, assert_undisturbed(stack):
        settings = {
            "FAWRAN_ACME_DOMAIN": DOMAIN,
            "FAWRAN_ACME_SERVER": address,
            "FAWRAN_ACME_CA": str(tmp_path / "pebble" / "certificate.pem"),
        }
        assert DOMAIN in stack.run_ok("renew-certificate", **settings)
        certificate = wait_for_certificate(target, DOMAIN)
        assert "Pebble" in certificate.issuer.rfc4514_string()
        stack.run_ok("renew-certificate", **settings)
        again = served_certificate(target)
        assert again.serial_number == certificate.serial_number, "no renewal is due yet"
