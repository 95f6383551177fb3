"""What the watch notices: nothing where nothing happens, and what does happen."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from benchmarks.generator.members import Member
from benchmarks.probe.asking import Answers
from benchmarks.probe.deploy_probe import AbandonedError, Watch, figures, watch
from benchmarks.probe.follower import Follower
from benchmarks.probe.page import Page
from reference_app.protocol import REPLAY_LIMIT
from reference_app.serving import commands
from reference_app.serving.processes import wait_until_served
from tests.served import Site, served


def watching(site: Site) -> Watch:
    members = [Member(0, cookie, "", site.room) for cookie in site.cookies]
    return Watch(site.url, members, pages=6, rate=20)


def drained(host: str, port: int) -> list[str]:
    return commands.tuned_daphne(host, port, None, "--drain-seconds", "0.5")


async def test_a_process_that_is_replaced_loses_nothing_and_is_noticed(tmp_path: Path) -> None:
    until = tmp_path / "until"
    with served(drained, tmp_path) as site:
        watched = asyncio.create_task(watch(watching(site), until))
        while not (tmp_path / "until.ready").exists():  # noqa: ASYNC110 - another's file
            await asyncio.sleep(0.05)
        await asyncio.to_thread(site.children[0].stop)
        await asyncio.sleep(0.5)
        site.children[0].start()
        await asyncio.to_thread(
            wait_until_served, site.children[0], "127.0.0.1", site.ports[0], 30, tls=False
        )
        await asyncio.sleep(1)
        until.touch()
        found = await watched
    assert found.sent > 0
    assert (found.lost, found.duplicated) == (0, 0)
    assert found.reconnects == found.pages == 6
    assert found.reconnect_longest >= found.reconnect_median > 0
    assert found.requests_failed > 0, "it was the only process"
    assert found.down_seconds > 0


async def test_nothing_is_noticed_where_nothing_happens(tmp_path: Path) -> None:
    until = tmp_path / "until"
    with served(drained, tmp_path) as site:
        watched = asyncio.create_task(watch(watching(site), until))
        while not (tmp_path / "until.ready").exists():  # noqa: ASYNC110 - another's file
            await asyncio.sleep(0.05)
        await asyncio.sleep(1)
        until.touch()
        found = await watched
    assert (found.lost, found.duplicated, found.reconnects) == (0, 0, 0)
    assert (found.requests_failed, found.failures, found.down_seconds) == (0, [], 0)
    assert found.requests > 0


ONE, TWO, THREE = (uuid4() for _ in range(3))


def page_that_saw(*messages: UUID) -> Follower:
    follower = Follower(partial(Page, "http://localhost", "", 1))
    follower.messages = list(messages)
    return follower


def test_the_worst_page_counts() -> None:
    people = [page_that_saw(ONE, TWO, THREE), page_that_saw(ONE, THREE)]
    found = figures(people, Answers(), {ONE, TWO, THREE}, seconds=1)
    assert (found.sent, found.lost, found.duplicated) == (3, 1, 0)


def test_what_is_lost_is_not_made_up_for_by_what_is_stored_twice() -> None:
    found = figures([page_that_saw(ONE, THREE, THREE)], Answers(), {ONE, TWO, THREE}, seconds=1)
    assert (found.lost, found.duplicated) == (1, 1)


async def test_it_ends_when_nobody_wants_its_figures_any_more(tmp_path: Path) -> None:
    with served(drained, tmp_path) as site:
        turns = iter([True, True, False])
        with pytest.raises(AbandonedError):
            await watch(watching(site), tmp_path / "until", lambda: next(turns))


def test_a_time_without_answers_lasts_from_the_first_failure_to_the_next_answer() -> None:
    answers = Answers()
    for failure, now in [("", 0.0), ("503", 1.0), ("503", 2.0), ("", 3.5), ("502", 5.0), ("", 5.5)]:
        answers.note(failure, now)
    assert answers.down == 3.0
    assert answers.failures == ["503", "503", "502"]


async def test_what_is_too_much_to_be_told_one_by_one_is_read_and_not_lost(tmp_path: Path) -> None:
    with served(drained, tmp_path) as site:
        away, there = (Follower(partial(site.page, who)) for who in range(2))
        living = asyncio.create_task(there.live())
        await there.is_there.wait()
        for number in range(REPLAY_LIMIT + 5):
            await there.say(f"message {number}")
        await there.caught_up(REPLAY_LIMIT + 5)
        returning = asyncio.create_task(away.live())
        async with asyncio.timeout(30):
            await away.caught_up(REPLAY_LIMIT + 5)
        for life in (living, returning):
            life.cancel()
        await asyncio.gather(living, returning, return_exceptions=True)
    assert away.seen == there.seen == list(range(1, REPLAY_LIMIT + 6))
    assert away.messages == there.messages


async def test_what_is_missing_from_the_history_counts_as_lost(tmp_path: Path) -> None:
    """A reset is no excuse: what the page cannot read there, it has not seen."""
    with served(drained, tmp_path) as site:
        away, there = (Follower(partial(site.page, who)) for who in range(2))
        living = asyncio.create_task(there.live())
        await there.is_there.wait()
        said = {await there.say(f"message {number}") for number in range(REPLAY_LIMIT + 5)}
        await there.caught_up(len(said))
        with closing(sqlite3.connect(site.log.parent / "fawran.sqlite3")) as database, database:
            database.execute("DELETE FROM chat_message WHERE seq = 7")
        returning = asyncio.create_task(away.live())
        async with asyncio.timeout(30):
            while len(away.messages) < len(said) - 1:  # noqa: ASYNC110 - of a page
                await asyncio.sleep(0.05)
        for life in (living, returning):
            life.cancel()
        await asyncio.gather(living, returning, return_exceptions=True)
    assert figures([away], Answers(), said, seconds=1).lost == 1
