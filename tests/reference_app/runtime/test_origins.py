"""Which pages may open a socket or change something, on real servers over real connections."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from reference_app.runtime.origins import canonical_origin
from reference_app.serving import commands
from reference_app.serving.certificate import self_signed
from reference_app.serving.valkey import Valkey, embedded_valkey
from tests.served import Command, Prepared, Site, prepared, started

TOKEN = "t" * 32
OWN = "https://chat.example:8443"


@dataclass(frozen=True)
class Stored:
    """The database of the sites, which only differ in their settings."""

    made: Prepared
    valkey: Valkey


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    with embedded_valkey(tmp_path_factory.mktemp("valkey") / "valkey.log") as valkey:
        yield Stored(prepared(tmp_path_factory.mktemp("site"), valkey.url), valkey)


def handshake(site: Site, origin: str | None, host: str = "", proto: str = "") -> int:
    """Return the status that a WebSocket handshake is answered with."""
    headers = {
        "Host": host or f"127.0.0.1:{site.ports[0]}",
        "Cookie": f"sessionid={site.cookies[0]}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    headers |= {"Origin": origin} if origin is not None else {}
    headers |= {"X-Forwarded-Proto": proto} if proto else {}
    with closing(http.client.HTTPConnection("127.0.0.1", site.ports[0], timeout=20)) as connection:
        connection.request("GET", "/ws/chat/", headers=headers)
        return connection.getresponse().status


def post(site: Site, origin: str | None, host: str = "", proto: str = "") -> int:
    """Return the status that a new message is answered with."""
    host = host or f"127.0.0.1:{site.ports[0]}"
    headers = {"Host": host, "X-CSRFToken": TOKEN, "Referer": f"{proto or 'http'}://{host}/"}
    headers |= {"Origin": origin} if origin is not None else {}
    headers |= {"X-Forwarded-Proto": proto} if proto else {}
    return httpx.post(
        f"{site.url}/api/conversations/{site.room}/messages",
        json={"client_id": str(uuid4()), "text": "hello"},
        headers={**headers, "Cookie": f"sessionid={site.cookies[0]}; csrftoken={TOKEN}"},
        trust_env=False,
    ).status_code


def foreign_to(site: Site) -> list[tuple[str, str]]:
    """Return origins that are not the site's, each with the Host header it is sent with."""
    port = site.ports[0]
    own, host = f"http://127.0.0.1:{port}", f"127.0.0.1:{port}"
    return [
        (f"https://127.0.0.1:{port}", host),
        (f"ftp://127.0.0.1:{port}", host),
        (f"ws://127.0.0.1:{port}", host),
        (f"http://127.0.0.1:{port + 1}", host),
        ("http://127.0.0.1", host),
        (f"http://localhost:{port}", host),
        (f"http://127.0.0.1:{port}.evil.example", host),
        (f"http://evil.example:{port}", host),
        (f"http://user@127.0.0.1:{port}", host),
        (f"{own}/", host),
        (f"{own} {own}", host),
        ("null", host),
        ("", host),
        (own, "evil.example"),
        (own, f"evil.example:{port}"),
        ("http://evil.example", "evil.example"),
        (own, "localhost"),
    ]


@pytest.mark.parametrize("command", [commands.tuned_daphne, commands.daphne])
def test_only_pages_of_the_address_itself_may_open_a_socket(
    command: Command, stored: Stored
) -> None:
    with started(stored.made, command, stored.valkey) as site:
        own = f"http://127.0.0.1:{site.ports[0]}"
        assert handshake(site, own) == 101
        assert handshake(site, None) == 403
        found = {(origin, host): handshake(site, origin, host) for origin, host in foreign_to(site)}
        # Daphne itself refuses what is not an origin at all, with 400.
        assert set(found.values()) == {400, 403}
        assert handshake(site, "https://localhost", "localhost", "https") == 101
        assert handshake(site, "https://LOCALHOST", "localhost:443", "https") == 101
        assert handshake(site, "http://localhost", "localhost", "https") == 403


@pytest.mark.parametrize("command", [commands.tuned_daphne, commands.gunicorn])
def test_only_pages_of_the_address_itself_may_write(command: Command, stored: Stored) -> None:
    with started(stored.made, command, stored.valkey, FAWRAN_TRANSPORT="polling") as site:
        assert post(site, f"http://127.0.0.1:{site.ports[0]}") == 200
        found = {(origin, host): post(site, origin, host) for origin, host in foreign_to(site)}
        refused = {one: 400 if "evil" in one[1] else 403 for one in found}
        assert found == refused


@pytest.mark.parametrize("command", [commands.tuned_daphne, commands.daphne])
def test_behind_a_proxy_only_pages_of_the_configured_origins_are_served(
    command: Command, stored: Stored
) -> None:
    origins = f"{OWN}, https://www.chat.example"
    with started(
        stored.made, command, stored.valkey, FAWRAN_HTTPS="on", FAWRAN_ORIGINS=origins
    ) as site:
        for ask, allowed in ((handshake, 101), (post, 200)):
            assert ask(site, OWN, "localhost", "https") == allowed
            assert ask(site, "https://www.chat.example", "localhost", "https") == allowed
            for foreign in (
                *("http://chat.example:8443", "https://chat.example", "https://chat.example:844"),
                *("https://localhost", "https://x.www.chat.example", "ftp://www.chat.example"),
            ):
                assert ask(site, foreign, "localhost", "https") == 403, foreign
            assert ask(site, OWN, "evil.example", "https") in {400, 403}


def test_with_https_a_page_without_it_may_not_open_a_socket(stored: Stored) -> None:
    with started(stored.made, commands.daphne, stored.valkey, FAWRAN_HTTPS="on") as site:
        host = f"localhost:{site.ports[0]}"
        assert handshake(site, f"https://{host}", host) == 101
        assert handshake(site, f"http://{host}", host) == 403


async def test_a_page_that_was_loaded_over_tls_may_open_a_socket(
    stored: Stored, tmp_path: Path
) -> None:
    command = partial(commands.tuned_daphne, tls=self_signed(tmp_path))
    with started(stored.made, command, stored.valkey, tls=True) as site:
        async with site.page(0):
            pass


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Chat.Example", "https://chat.example"),
        ("https://chat.example:443", "https://chat.example"),
        ("http://chat.example:80", "http://chat.example"),
        ("http://chat.example:443", "http://chat.example:443"),
        ("https://[::1]:8443", "https://[::1]:8443"),
        ("https://[::1]:443", "https://[::1]"),
        ("https://chat.example/", ""),
        ("https://chat.example?", ""),
        ("https://*.example", ""),
        ("https://user@chat.example", ""),
        ("https://chat.example:99999", ""),
        ("https://[::1", ""),
        ("https://", ""),
        ("ftp://chat.example", ""),
        ("chat.example", ""),
        ("null", ""),
        ("", ""),
    ],
)
def test_an_origin_has_one_spelling(text: str, origin: str) -> None:
    assert canonical_origin(text) == origin
