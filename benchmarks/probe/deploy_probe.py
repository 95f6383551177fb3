"""Measure what people would notice while a site is being updated.

Opens pages in a room, writes and asks all the time until it is told to end, lets everybody
catch up, and says what was lost, stored twice, refused, and for how long nobody answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from uuid import UUID

import psutil

from benchmarks.generator.members import Member, read_crowd
from benchmarks.probe.asking import Answers, ask
from benchmarks.probe.follower import Follower
from benchmarks.probe.page import Page, http_of
from reference_app.serving.check.person import Site


class AbandonedError(Exception):
    """The process that wanted the figures has ended."""


ARRIVAL = 60.0
CATCH_UP = 90.0
"""Seconds in which all pages have to connect, and at the end to receive what they missed."""


@dataclass(frozen=True)
class Watch:
    """The site to measure, the number of pages, and their rate of messages per second."""

    url: str
    members: Sequence[Member]
    pages: int
    rate: float
    insecure: bool = False
    address: str = ""

    @cached_property
    def trust(self) -> ssl.SSLContext | None:
        """The TLS context; it is made once, because loading all authorities takes a while."""
        return Site(self.url, self.insecure).context


@dataclass(frozen=True)
class Figures:
    """The effects of the update that users notice, and the number of resent requests.

    Users do not notice resent requests. Times are in seconds.
    """

    seconds: float
    pages: int
    sent: int
    lost: int
    duplicated: int
    reconnects: int
    reconnect_median: float
    reconnect_longest: float
    requests: int
    requests_resent: int
    requests_failed: int
    failures: list[str]
    down_seconds: float


async def watch(what: Watch, until: Path, goes_on: Callable[[], bool] = lambda: True) -> Figures:
    """Chat until the file ``until`` exists, and return the figures.

    Raises:
        TimeoutError: not all pages could connect at the beginning.
        AbandonedError: ``goes_on`` returned False, because nobody waits for the figures.
    """
    followers = [
        Follower(partial(_make_page, what, what.members[number % len(what.members)]))
        for number in range(what.pages)
    ]
    answers = Answers()
    tasks = [asyncio.create_task(follower.live()) for follower in followers]
    try:
        async with asyncio.timeout(ARRIVAL):
            await asyncio.gather(*(follower.is_there.wait() for follower in followers))
        _make_ready_path(until).touch()
        start = time.monotonic()
        requests = asyncio.create_task(_ask(what, answers))
        tasks.append(requests)
        sent_ids = await _write(what, followers, until, goes_on)
        seconds = time.monotonic() - start
        requests.cancel()
        await asyncio.gather(requests, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP):
                await asyncio.gather(*(each.caught_up(len(sent_ids)) for each in followers))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return figures(followers, answers, sent_ids, seconds)


def figures(
    people: Sequence[Follower], answers: Answers, said: set[UUID], seconds: float
) -> Figures:
    """Return the figures; ``lost`` and ``duplicated`` are those of the worst page.

    Messages are compared one by one, so that a lost one and a duplicated one do not cancel out.
    ``said`` has the client ids of all sent messages.
    """
    away = sorted(seconds for one in people for seconds in one.away) or [0.0]
    return Figures(
        seconds=round(seconds, 1),
        pages=len(people),
        sent=len(said),
        lost=max((len(said.difference(one.messages)) for one in people), default=0),
        duplicated=max((len(one.messages) - len(set(one.messages)) for one in people), default=0),
        reconnects=sum(one.came_back for one in people),
        reconnect_median=round(statistics.median(away), 3),
        reconnect_longest=round(away[-1], 3),
        requests=answers.asked,
        requests_resent=answers.resent,
        requests_failed=len(answers.failures),
        failures=sorted(set(answers.failures))[:5],
        down_seconds=round(answers.down, 2),
    )


def _make_ready_path(until: Path) -> Path:
    """Return the path of the file that is created when all pages have connected."""
    return until.with_name(f"{until.name}.ready")


def _make_page(what: Watch, member: Member) -> Page:
    return Page(
        what.url,
        member.session,
        member.room,
        trust=what.trust,
        address=what.address,
    )


async def _write(
    what: Watch, followers: Sequence[Follower], until: Path, goes_on: Callable[[], bool]
) -> set[UUID]:
    """Send messages from the pages in turn until the file exists; return their client ids."""
    sent_ids: set[UUID] = set()
    while not until.exists():  # noqa: ASYNC240 - a local file
        if not goes_on():
            raise AbandonedError("nobody waits for the figures any more")
        count = len(sent_ids)
        sent_ids.add(await followers[count % len(followers)].say(f"message {count + 1}"))
        await asyncio.sleep(1 / what.rate)
    return sent_ids


async def _ask(what: Watch, answers: Answers) -> None:
    """Send requests to the given address with the site's name, until cancelled."""
    session = what.members[0].session
    async with http_of(what.url, session, trust=what.trust, address=what.address) as http:
        await ask(http, answers)


def main() -> int:
    """Run the command line; return 1 and print one line if the site cannot be measured."""
    options = _make_parser().parse_args()
    try:
        what = Watch(
            url=options.url.rstrip("/"),
            members=read_crowd(options.crowd),
            pages=options.sockets,
            rate=options.rate,
            insecure=options.insecure,
            address=options.address,
        )
        measured = asyncio.run(watch(what, options.until, _make_check(options.while_runs)))
        options.report.write_text(json.dumps(asdict(measured), indent=2) + "\n", encoding="utf-8")
    except (OSError, ValueError) as error:  # TimeoutError is a subclass of OSError.
        print(
            f"fawran: {options.url} cannot be watched: {error or 'no page opens'}", file=sys.stderr
        )
        return 1
    except AbandonedError as error:
        # The file has session keys, and the process that would have removed it has ended.
        options.crowd.unlink(missing_ok=True)
        print(f"fawran: {error}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(measured)))
    return 0


def _make_check(pid: int | None) -> Callable[[], bool]:
    """Return a function that returns whether the process that wants the figures still runs."""
    if pid is None:
        return lambda: True
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return lambda: False
    return process.is_running


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.probe.deploy_probe", description=__doc__
    )
    parser.add_argument("url", help="where the site is: https://chat.example")
    parser.add_argument("--crowd", type=Path, required=True, help="who is there, as JSON")
    parser.add_argument(
        "--until",
        type=Path,
        required=True,
        help="ends when this file is there; the same with .ready is made when everybody has come",
    )
    parser.add_argument("--report", type=Path, required=True, help="where the figures go")
    parser.add_argument("--sockets", type=int, default=24)
    parser.add_argument("--rate", type=float, default=10.0, help="messages a second, of all")
    parser.add_argument("--while-runs", type=int, metavar="PID", help="and ends when that has")
    parser.add_argument("--insecure", action="store_true", help="accept a self-signed certificate")
    parser.add_argument("--address", default="", help="where the site is, if not where its name is")
    return parser


if __name__ == "__main__":
    sys.exit(main())
