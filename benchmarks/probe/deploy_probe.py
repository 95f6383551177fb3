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
    """Whoever wanted the figures has gone."""


ARRIVAL = 60.0
CATCH_UP = 90.0
"""Seconds in which everybody has to have come, and to have caught up at the end."""


@dataclass(frozen=True)
class Watch:
    """What is watched, by how many pages, and how much they write."""

    url: str
    members: Sequence[Member]
    pages: int
    rate: float
    insecure: bool = False
    address: str = ""

    @cached_property
    def trust(self) -> ssl.SSLContext | None:
        """How TLS is spoken; made once, for reading all authorities takes a while."""
        return Site(self.url, self.insecure).context


@dataclass(frozen=True)
class Figures:
    """What people noticed, and requests that were sent anew unseen. Times are in seconds."""

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
    """Chat until a file is there; return what was noticed.

    Raises:
        TimeoutError: not everybody could come at the beginning.
        AbandonedError: ``goes_on`` says that nobody waits for it any more.
    """
    people = [
        Follower(partial(_page, what, what.members[number % len(what.members)]))
        for number in range(what.pages)
    ]
    answers = Answers()
    lives = [asyncio.create_task(one.live()) for one in people]
    try:
        async with asyncio.timeout(ARRIVAL):
            await asyncio.gather(*(one.is_there.wait() for one in people))
        _ready(until).touch()
        began = time.monotonic()
        asking = asyncio.create_task(_ask(what, answers))
        said = await _write(what, people, until, goes_on)
        seconds = time.monotonic() - began
        asking.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP):
                await asyncio.gather(*(one.caught_up(len(said)) for one in people))
    finally:
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
    return figures(people, answers, said, seconds)


def figures(
    people: Sequence[Follower], answers: Answers, said: set[UUID], seconds: float
) -> Figures:
    """Return what was noticed: the worst that befell any page.

    Message by message: one that is lost and another that is stored twice do not cancel out.
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


def _ready(until: Path) -> Path:
    """Return the file that tells that everybody has come."""
    return until.with_name(f"{until.name}.ready")


def _page(what: Watch, member: Member) -> Page:
    return Page(
        what.url,
        member.session,
        member.room,
        trust=what.trust,
        address=what.address,
    )


async def _write(
    what: Watch, people: Sequence[Follower], until: Path, goes_on: Callable[[], bool]
) -> set[UUID]:
    said: set[UUID] = set()
    while not until.exists():  # noqa: ASYNC240 - a local file
        if not goes_on():
            raise AbandonedError("nobody waits for the figures any more")
        said.add(await people[len(said) % len(people)].say(f"message {len(said) + 1}"))
        await asyncio.sleep(1 / what.rate)
    return said


async def _ask(what: Watch, answers: Answers) -> None:
    """Ask at the address that was given, by the site's name."""
    session = what.members[0].session
    async with http_of(what.url, session, trust=what.trust, address=what.address) as http:
        await ask(http, answers)


def main() -> int:
    """Run the command line; 1 with a line if the site cannot be watched."""
    options = _parser().parse_args()
    try:
        what = Watch(
            url=options.url.rstrip("/"),
            members=read_crowd(options.crowd),
            pages=options.sockets,
            rate=options.rate,
            insecure=options.insecure,
            address=options.address,
        )
        found = asyncio.run(watch(what, options.until, _while_runs(options.while_runs)))
        options.report.write_text(json.dumps(asdict(found), indent=2) + "\n", encoding="utf-8")
    except (OSError, ValueError) as error:  # TimeoutError is one
        print(
            f"fawran: {options.url} cannot be watched: {error or 'no page opens'}", file=sys.stderr
        )
        return 1
    except AbandonedError as error:
        options.crowd.unlink(missing_ok=True)  # it has sessions, and nobody else removes it now
        print(f"fawran: {error}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(found)))
    return 0


def _while_runs(pid: int | None) -> Callable[[], bool]:
    """Return a question: does the process still run that wants the figures?"""
    if pid is None:
        return lambda: True
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return lambda: False
    return process.is_running


def _parser() -> argparse.ArgumentParser:
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
