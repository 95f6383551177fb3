"""A rolling restart: every process is drained and started again while people chat."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest

from benchmarks.probe.follower import Follower
from benchmarks.probe.page import Page
from reference_app.serving import commands
from reference_app.serving.processes import wait_until_served
from tests.served import Site, served

PROCESSES = 4
PEOPLE = 60
WRITERS = 6
DRAIN_SECONDS = 1.0


def follower(site: Site, who: int) -> Follower:
    """Return a follower whose page tries one process after the other."""
    processes = itertools.cycle([*range(who % PROCESSES, PROCESSES), *range(who % PROCESSES)])

    def open_page() -> Page:
        return site.page(who, next(processes))

    return Follower(open_page)


def tuned(host: str, port: int) -> list[str]:
    return commands.tuned_daphne(host, port, None, "--drain-seconds", str(DRAIN_SECONDS))


@pytest.mark.parametrize("layer", ["pubsub", "core"])
async def test_nobody_misses_anything_and_nothing_is_stored_twice(
    layer: str, tmp_path: Path
) -> None:
    with served(tuned, tmp_path, PEOPLE, processes=PROCESSES, CHANNEL_LAYER=layer) as site:
        people = [follower(site, who) for who in range(PEOPLE)]
        lives = [asyncio.create_task(one.live()) for one in people]
        sent = 0
        chatting = True

        async def chat() -> None:
            nonlocal sent
            while chatting:
                await people[sent % WRITERS].say(f"message {sent}")
                sent += 1
                await asyncio.sleep(0.02)

        writing = asyncio.create_task(chat())
        for child, port in zip(site.children, site.ports, strict=True):
            await asyncio.to_thread(child.stop)
            assert child.returncode == 0
            child.start()
            await asyncio.to_thread(wait_until_served, child, "127.0.0.1", port, 30, tls=False)
        chatting = False
        await writing
        async with asyncio.timeout(60):
            await asyncio.gather(*(one.caught_up(sent) for one in people))
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
    assert sent > 50
    for one in people:
        assert one.seen == list(range(1, sent + 1)), "everything, once, in order"
        assert one.came_back >= 1
        assert 1012 in one.codes
