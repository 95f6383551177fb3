"""Certificates: one's own, one of an authority by ACME, and those that are refused."""

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
from tests.deploy.docker.stack import PATIENCE, Stack
from tests.deploy.docker.told import assert_one_line, undisturbed
from tests.deploy.target import Account, Target

DOMAIN = "chat.example"


def served(target: Target) -> x509.Certificate:
    pem = ssl.get_server_certificate((target.host, target.port))
    return x509.load_pem_x509_certificate(pem.encode())


def served_for(target: Target, name: str) -> x509.Certificate:
    """Wait until the certificate is one for a name; return it."""
    deadline = time.monotonic() + PATIENCE
    while name not in names_of(found := served(target)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


@pytest.fixture
def and_self_signed_again(stack: Stack, target: Target) -> Iterator[None]:
    yield
    (proxy,) = stack.containers("proxy")
    folder = next(
        Path(one["Source"])
        for one in stack.inspect(proxy)["Mounts"]
        if one["Destination"] == "/certificates"
    )
    (folder / "installed").unlink()
    assert "localhost" in stack.must("renew-certificate")
    served_for(target, "localhost")


def test_a_certificate_with_another_key_is_refused(stack: Stack, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    with undisturbed(stack):
        done = stack.operate(
            "install-certificate",
            str(self_signed(one).certificate),
            str(self_signed(other).key),
        )
        assert_one_line(done, "The key is not that of the certificate")


def test_what_is_no_certificate_is_refused(stack: Stack, tmp_path: Path) -> None:
    nonsense = tmp_path / "certificate.pem"
    nonsense.write_text("no certificate\n")
    with undisturbed(stack):
        done = stack.operate("install-certificate", str(nonsense), str(nonsense))
        assert_one_line(done, "A certificate and one key are needed")


def test_a_new_self_signed_one_takes_the_place_of_the_old(stack: Stack, target: Target) -> None:
    before = served(target).serial_number
    assert "localhost" in stack.must("renew-certificate")
    deadline = time.monotonic() + PATIENCE
    while served(target).serial_number == before:
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.usefixtures("and_self_signed_again")
async def test_ones_own_certificate_is_served_at_once_and_nobody_is_cut_off(
    stack: Stack, target: Target, accounts: list[Account], tmp_path: Path
) -> None:
    pair = self_signed(tmp_path, [DOMAIN])
    room = await target.new_room(accounts, "Certificate")
    async with target.page(accounts[0], room) as page:
        with undisturbed(stack):
            said = stack.must("install-certificate", str(pair.certificate), str(pair.key))
            assert DOMAIN in said
            served_for(target, DOMAIN)
        await page.say("still here", str(uuid4()))
        assert (await page.next_of("message"))["text"] == "still here"
    assert_one_line(stack.operate("renew-certificate"), "your own")


@contextmanager
def authority(stack: Stack, folder: Path) -> Iterator[str]:
    """Run an ACME server that finds the proxy by the domain; give its address."""
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
    edge, there = next(
        (name, network["IPAddress"])
        for name, network in stack.inspect(proxy)["NetworkSettings"]["Networks"].items()
        if name.endswith("_edge")
    )
    container = stack.docker(
        *("run", "--detach", "--label", stack.project, "--network", edge),
        *("--network-alias", "pebble", "--add-host", f"{DOMAIN}:{there}"),
        *("--env", "PEBBLE_VA_NOSLEEP=1", "--env", "PEBBLE_WFE_NONCEREJECT=0"),
        *("--volume", f"{folder}:/pebble:ro", "--entrypoint", "pebble"),
        *("letsencrypt/pebble:v2.4.0", "-config", "/pebble/pebble.json"),
    )
    try:
        yield "https://pebble:14000/dir"
    finally:
        stack.docker("rm", "--force", container)


@pytest.mark.usefixtures("and_self_signed_again")
def test_an_authority_that_speaks_acme_gives_one_that_is_served(
    stack: Stack, target: Target, tmp_path: Path
) -> None:
    with authority(stack, tmp_path / "pebble") as address, undisturbed(stack):
        wanted = {
            "FAWRAN_ACME_DOMAIN": DOMAIN,
            "FAWRAN_ACME_SERVER": address,
            "FAWRAN_ACME_CA": str(tmp_path / "pebble" / "certificate.pem"),
        }
        assert DOMAIN in stack.must("renew-certificate", **wanted)
        certificate = served_for(target, DOMAIN)
        assert "Pebble" in certificate.issuer.rfc4514_string()
        stack.must("renew-certificate", **wanted)
        assert served(target).serial_number == certificate.serial_number, "it is not due yet"
