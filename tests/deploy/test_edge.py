"""Tests of the public entry: TLS, redirects, headers, private addresses, log-in throttling."""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509

from benchmarks.probe.page import unverified
from reference_app.serving.certificate import names_of
from tests.deploy.target import Account, Target

RECOVERY_SECONDS = 10
"""Time in which a process that restarts is back."""


def handshake(target: Target, context: ssl.SSLContext) -> tuple[str | None, str | None, bytes]:
    """Do a TLS handshake; return the TLS version, the ALPN protocol and the certificate."""
    with (
        socket.create_connection((target.host, target.port), 10) as connection,
        context.wrap_socket(connection, server_hostname=target.host) as tls,
    ):
        return tls.version(), tls.selected_alpn_protocol(), tls.getpeercert(binary_form=True) or b""


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_accepted(target: Target, version: ssl.TLSVersion) -> None:
    context = unverified()
    context.minimum_version = context.maximum_version = version
    assert handshake(target, context)[0] == version.name.replace("_", ".")


def test_older_tls_is_refused(target: Target) -> None:
    context = unverified()
    context.set_ciphers("ALL:@SECLEVEL=0")  # otherwise this client would refuse
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(target, context)


@pytest.mark.parametrize(
    ("offered", "agreed"), [(["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1")]
)
def test_http_2_is_negotiated_where_it_is_offered(
    target: Target, offered: list[str], agreed: str
) -> None:
    context = unverified()
    context.set_alpn_protocols(offered)
    assert handshake(target, context)[1] == agreed


def test_the_certificate_is_for_this_host_and_valid_for_days(target: Target) -> None:
    certificate = x509.load_der_x509_certificate(handshake(target, unverified())[2])
    wildcard = f"*.{target.host.partition('.')[2]}"
    assert {target.host, wildcard} & set(names_of(certificate))
    assert (certificate.not_valid_after_utc - datetime.now(UTC)).days > 3


def test_plain_http_is_redirected_to_the_same_address_by_https(target: Target) -> None:
    answer = httpx.get(f"{target.plain_url}/accounts/login/?next=/", trust_env=False)
    assert answer.status_code in {301, 308}
    there = urlsplit(answer.headers["location"])
    assert (there.scheme, there.hostname, there.port or 443) == ("https", target.host, target.port)
    assert f"{there.path}?{there.query}" == "/accounts/login/?next=/"


async def test_headers_protect_the_page_and_hide_the_server_version(
    target: Target, accounts: list[Account]
) -> None:
    async with target.person(accounts[0]).http as http:
        headers = (await http.get("/")).headers
    assert "unsafe" not in headers["content-security-policy"]
    assert "default-src 'self'" in headers["content-security-policy"]
    max_age = re.search(r"max-age=(\d+)", headers["strict-transport-security"])
    assert max_age
    assert int(max_age[1]) >= 15_768_000
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert "/" not in headers.get("server", ""), "no version"


async def test_cookies_of_the_sign_in_page_are_secure_and_same_site(target: Target) -> None:
    async with target.site.client() as http:
        answer = await http.get("/accounts/login/")
    assert "Secure" in answer.headers["set-cookie"]
    assert "SameSite" in answer.headers["set-cookie"]


async def test_another_host_name_is_refused(target: Target) -> None:
    async with target.site.client() as http:
        answer = await http.get("/", headers={"Host": "elsewhere.example"})
    assert answer.status_code == httpx.codes.BAD_REQUEST


async def test_readyz_reports_that_it_is_ready(target: Target) -> None:
    async with target.site.client() as http:
        answer = await http.get("/readyz")
    assert answer.json() == {"ready": True, "reasons": []}


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/nginx_status", "/.env", "/static/"])
async def test_operator_addresses_are_not_public(target: Target, path: str) -> None:
    async with target.site.client(follow_redirects=True) as http:
        answer = await http.get(path)
        # Shortly after a drain, the proxy answers 503 for an address that no process has.
        for _ in range(RECOVERY_SECONDS):
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            await asyncio.sleep(1)
            answer = await http.get(path)
    assert answer.status_code == httpx.codes.NOT_FOUND
    assert "fawran_" not in answer.text


async def test_a_client_cannot_choose_the_address_that_wrong_passwords_are_counted_for(
    target: Target,
) -> None:
    name = f"nobody-{secrets.token_hex(8)}"
    async with target.site.client() as http:
        page = (await http.get("/accounts/login/")).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        statuses = []
        for number in range(12):
            claimed = f"192.0.2.{number}"
            answer = await http.post(
                "/accounts/login/",
                data={"csrfmiddlewaretoken": token[1], "username": name, "password": "wrong"},
                headers={
                    "Referer": f"{target.site.url}/accounts/login/",
                    "X-Forwarded-For": claimed,
                    "X-Real-IP": claimed,
                    "Forwarded": f"for={claimed}",
                },
            )
            statuses.append(answer.status_code)
    assert statuses[0] == httpx.codes.OK
    assert statuses[-1] == httpx.codes.TOO_MANY_REQUESTS
