"""Tests of the deployment probe: what it measures with and without a disturbance."""

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


def watch_of(site: Site) -> Watch:
    members = [Member(0, cookie, "", site.room) for cookie in site.cookies]
    return Watch(site.url, members, pages=6, rate=20)


def draining_daphne(host: str, port: int) -> list[str]:
    """Return the command of a Daphne that drains for half a second when it is stopped."""
    return commands.tuned_daphne(host, port, None, "--drain-seconds", "0.5")


async def test_the_restart_of_a_process_is_measured_and_loses_nothing(tmp_path: Path) -> None:
    until = tmp_path / "until"
    with served(draining_daphne, tmp_path) as site:
        watching = asyncio.create_task(watch(watch_of(site), until))
        while not (tmp_path / "until.ready").exists():  # noqa: ASYNC110 - the probe creates it
            await asyncio.sleep(0.05)
        await asyncio.to_thread(site.children[0].stop)
        await asyncio.sleep(0.5)
        site.children[0].start()
        await asyncio.to_thread(
            wait_until_served, site.children[0], "127.0.0.1", site.ports[0], 30, tls=False
        )
        await asyncio.sleep(1)
        until.touch()
        found = await watching
    assert found.sent > 0
    assert (found.lost, found.duplicated) == (0, 0)
    assert found.reconnects == found.pages == 6
    assert found.reconnect_longest >= found.reconnect_median > 0
    assert found.requests_failed > 0, "it was the only process"
    assert found.down_seconds > 0


async def test_without_a_disturbance_nothing_is_lost_and_nothing_fails(tmp_path: Path) -> None:
    until = tmp_path / "until"
    with served(draining_daphne, tmp_path) as site:
        watching = asyncio.create_task(watch(watch_of(site), until))
        while not (tmp_path / "until.ready").exists():  # noqa: ASYNC110 - the probe creates it
            await asyncio.sleep(0.05)
        await asyncio.sleep(1)
        until.touch()
        found = await watching
    assert (found.lost, found.duplicated, found.reconnects) == (0, 0, 0)
    assert (found.requests_failed, found.failures, found.down_seconds) == (0, [], 0)
    assert found.requests > 0


ONE, TWO, THREE = (uuid4() for _ in range(3))


def follower_with(*messages: UUID) -> Follower:
    """Return a page that has received these messages."""
    follower = Follower(partial(Page, "http://localhost", "", 1))
    follower.messages = list(messages)
    return follower


def test_the_figures_are_those_of_the_worst_page() -> None:
    pages = [follower_with(ONE, TWO, THREE), follower_with(ONE, THREE)]
    found = figures(pages, Answers(), {ONE, TWO, THREE}, seconds=1)
    assert (found.sent, found.lost, found.duplicated) == (3, 1, 0)


def test_a_lost_message_and_a_duplicated_one_do_not_cancel_out() -> None:
    found = figures([follower_with(ONE, THREE, THREE)], Answers(), {ONE, TWO, THREE}, seconds=1)
    assert (found.lost, found.duplicated) == (1, 1)


async def test_the_probe_stops_when_its_figures_are_no_longer_needed(tmp_path: Path) -> None:
    with served(draining_daphne, tmp_path) as site:
        is_needed = iter([True, True, False])
        with pytest.raises(AbandonedError):
            await watch(watch_of(site), tmp_path / "until", lambda: next(is_needed))


def test_an_outage_lasts_from_the_first_failure_to_the_next_good_answer() -> None:
    answers = Answers()
    for failure, now in [("", 0.0), ("503", 1.0), ("503", 2.0), ("", 3.5), ("502", 5.0), ("", 5.5)]:
        answers.add(failure, now)
    assert answers.down == 3.0
    assert answers.failures == ["503", "503", "502"]


def test_an_outage_that_never_ends_counts_until_the_last_request() -> None:
    answers = Answers()
    answers.add("503", 1.0)
    answers.end(9.0)
    answers.end(10.0)
    assert answers.down == 8.0


async def test_more_events_than_a_sync_replays_are_read_from_the_history(tmp_path: Path) -> None:
    with served(draining_daphne, tmp_path) as site:
        late, sender = (Follower(partial(site.page, number)) for number in range(2))
        sender_task = asyncio.create_task(sender.live())
        await sender.is_there.wait()
        for number in range(REPLAY_LIMIT + 5):
            await sender.say(f"message {number}")
        await sender.caught_up(REPLAY_LIMIT + 5)
        late_task = asyncio.create_task(late.live())
        async with asyncio.timeout(30):
            await late.caught_up(REPLAY_LIMIT + 5)
        for task in (sender_task, late_task):
            task.cancel()
        await asyncio.gather(sender_task, late_task, return_exceptions=True)
    assert late.seen == sender.seen == list(range(1, REPLAY_LIMIT + 6))
    assert late.messages == sender.messages


async def test_a_message_that_is_missing_from_the_history_is_lost(tmp_path: Path) -> None:
    """After a reset, a message that the page cannot read from the history counts as lost."""
    with served(draining_daphne, tmp_path) as site:
        late, sender = (Follower(partial(site.page, number)) for number in range(2))
        sender_task = asyncio.create_task(sender.live())
        await sender.is_there.wait()
        sent = {await sender.say(f"message {number}") for number in range(REPLAY_LIMIT + 5)}
        await sender.caught_up(len(sent))
        with closing(sqlite3.connect(site.log.parent / "fawran.sqlite3")) as database, database:
            database.execute("DELETE FROM chat_message WHERE seq = 7")
        late_task = asyncio.create_task(late.live())
        async with asyncio.timeout(30):
            while len(late.messages) < len(sent) - 1:  # noqa: ASYNC110 - the page's list
                await asyncio.sleep(0.05)
        for task in (sender_task, late_task):
            task.cancel()
        await asyncio.gather(sender_task, late_task, return_exceptions=True)
    assert figures([late], Answers(), sent, seconds=1).lost == 1
