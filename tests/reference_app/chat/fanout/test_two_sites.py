"""Sites that share a Redis server: each receives its own messages and nothing of another."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import dataclass
from uuid import uuid4

import pytest
import redis

from benchmarks.probe.page import TIMEOUT, Page, http_of
from reference_app.protocol import TYPING_LIFETIME
from reference_app.runtime.environment import ChannelLayer, Fanout
from reference_app.serving import commands
from reference_app.serving.valkey import Valkey, embedded_valkey
from tests.served import Prepared, Site, prepared, started

LAYERS = [one for one in ChannelLayer if one not in {ChannelLayer.MEMORY, ChannelLayer.NONE}]
NEIGHBOURS = (0, 1)
"""The Redis databases of the other sites: one has ours, one has the next."""
CSRF_TOKEN = "t" * 32


@dataclass(frozen=True)
class Shared:
    """A Redis server, the site of the test on it, and its neighbours."""

    valkey: Valkey
    ours: Prepared
    neighbours: list[Prepared]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    with embedded_valkey(tmp_path_factory.mktemp("valkey") / "valkey.log") as valkey:
        ours, *neighbours = (
            prepared(tmp_path_factory.mktemp("site"), f"{valkey.url}?db={number}")
            for number in (0, *NEIGHBOURS)
        )
        assert {one.room for one in neighbours} == {ours.room}
        yield Shared(valkey, ours, neighbours)


@pytest.fixture(params=Fanout)
def fanout(request: pytest.FixtureRequest) -> Fanout:
    chosen: Fanout = request.param
    return chosen


async def frames_until(page: Page, text: str) -> list[tuple[str, str]]:
    """Return the type and text of the frames up to a message, without the periodic heads."""
    found: list[tuple[str, str]] = []
    try:
        async with asyncio.timeout(TIMEOUT):
            while not found or found[-1][1] != text:
                frame = json.loads(await page.socket.recv())
                if frame["type"] != "heads":
                    found.append((frame["type"], frame.get("text", "")))
    except TimeoutError:
        pytest.fail(f"{text!r} does not arrive, but {found}")
    return found


def names_in(valkey: Valkey) -> set[str]:
    """Return every key and every pub/sub channel of a Redis server."""
    names: set[bytes] = set()
    for number in {0, *NEIGHBOURS}:
        with redis.Redis.from_url(valkey.url, db=number) as client:
            names.update(client.scan_iter())
            names.update(client.pubsub_channels())
    return {name.decode() for name in names}


def prefix_of(site: Prepared) -> str:
    with closing(sqlite3.connect(site.folder / "fawran.sqlite3")) as database:
        ((prefix,),) = database.execute("SELECT prefix FROM chat_site").fetchall()
    return f"{prefix}:"


async def say_and_type(site: Site, text: str) -> None:
    """Have somebody type and then write, on the first process of a site."""
    async with site.page(0) as page:
        await page.write(type="typing", conversation=site.room, active=True)
        await page.say(text, str(uuid4()))
        await page.next_of("ack")


async def who_types(site: Site, person: int) -> list[str]:
    """Return who types in the room, as a page that polls receives it."""
    async with http_of(site.url, site.cookies[person]) as http:
        answer = await http.get("/api/sync", params={"cursor": "", "watching": site.room})
        return [one["person"]["username"] for one in answer.raise_for_status().json()["typing"]]


async def wait_until_nobody_types(site: Site) -> None:
    """Wait until the typing notices of earlier tests have expired."""
    async with asyncio.timeout(TYPING_LIFETIME * 3):
        while await who_types(site, 1):  # noqa: ASYNC110 - known to another process
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("layer", LAYERS)
async def test_a_socket_receives_what_its_own_site_sends_and_nothing_of_a_neighbour(
    shared: Shared, layer: ChannelLayer, fanout: Fanout
) -> None:
    options = {"CHANNEL_LAYER": layer.value, "FAWRAN_FANOUT": fanout.value}
    everybody = [shared.ours, *shared.neighbours]
    with ExitStack() as running:
        sites = [
            running.enter_context(started(one, commands.daphne, shared.valkey, 2, **options))
            for one in everybody
        ]
        async with AsyncExitStack() as open_pages:
            # Each page is on the second process of its site: a message that is written on the
            # first one arrives through Redis, after those that a neighbour wrote before.
            pages = [await open_pages.enter_async_context(one.page(1, 1)) for one in sites]
            for number, site in enumerate(sites):
                await say_and_type(site, f"of site {number}")
            received = [
                await frames_until(page, f"of site {number}") for number, page in enumerate(pages)
            ]
            names = names_in(shared.valkey)
            # Once more, so that frames behind the first message are seen as well.
            for site, page in zip(sites, pages, strict=True):
                await say_and_type(site, "the end")
                received.append(await frames_until(page, "the end"))
    typing = ("typing", "")
    ends = [[typing, ("message", "the end")]] * len(sites)
    assert received == [
        *([typing, ("message", f"of site {number}")] for number in range(len(sites))),
        *ends,
    ]
    prefixes = tuple(map(prefix_of, everybody))
    assert len(set(prefixes)) == len(everybody)
    assert [name for name in names if not name.startswith(prefixes)] == []
    for prefix in prefixes:
        assert any(name.startswith(prefix) for name in names)


async def test_a_page_that_polls_receives_who_types_on_its_own_site_only(shared: Shared) -> None:
    with ExitStack() as running:
        ours, *neighbours = (
            running.enter_context(
                started(one, commands.gunicorn, shared.valkey, FAWRAN_TRANSPORT="polling")
            )
            for one in (shared.ours, *shared.neighbours)
        )
        for one in (ours, *neighbours):
            await wait_until_nobody_types(one)
        async with http_of(ours.url, ours.cookies[0]) as http:
            http.cookies.set("csrftoken", CSRF_TOKEN)
            answer = await http.post(
                f"/api/conversations/{ours.room}/typing",
                json={"active": True},
                headers={"X-CSRFToken": CSRF_TOKEN},
            )
            answer.raise_for_status()
        assert await who_types(ours, 1) == ["guest0"]
        assert [await who_types(one, 1) for one in neighbours] == [[], []]
        names = names_in(shared.valkey)
    assert [name for name in names if name.startswith(prefix_of(shared.ours))]
