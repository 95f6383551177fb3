"""The readiness check: a database that is locked, full or down, and a Redis that hangs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from reference_app.serving import commands
from reference_app.serving.valkey import embedded_valkey
from tests.postgresql import running_postgresql
from tests.served import Command, Site, prepared, served, started
from tests.small_disk import filled, small_disk

ANSWER_SECONDS = 3.0
"""Time limit of a request. The answer takes at most 0.8 s; the machine may be busy."""

CHANGE_SECONDS = 20.0


def asgi(host: str, port: int) -> list[str]:
    return commands.tuned_daphne(host, port, None)


def wsgi(host: str, port: int) -> list[str]:
    return commands.threaded_gunicorn(host, port)


@pytest.fixture(scope="module", params=[asgi, wsgi])
def command(request: pytest.FixtureRequest) -> Command:
    chosen: Command = request.param
    return chosen


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """Return the data folder of a site."""
    return tmp_path_factory.mktemp(command.__name__)


@pytest.fixture(scope="module")
def site(command: Command, folder: Path) -> Iterator[Site]:
    with served(command, folder, people=0) as found:
        yield found


def expect(site: Site, *reasons: str) -> None:
    """Wait until the site is ready, or is not ready for these reasons.

    It has to wait because the site keeps a result for a second.
    """
    expected = (503 if reasons else 200, {"ready": not reasons, "reasons": list(reasons)})
    deadline = time.monotonic() + CHANGE_SECONDS
    with httpx.Client(base_url=site.url, trust_env=False, timeout=ANSWER_SECONDS) as client:
        while True:
            answer = client.get("/readyz")
            if (answer.status_code, answer.json()) == expected:
                return
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.1)


@contextlib.contextmanager
def frozen(process: int) -> Iterator[None]:
    """Stop a process until the context ends."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def test_a_locked_database_is_reported(site: Site, folder: Path) -> None:
    expect(site)
    with contextlib.closing(sqlite3.connect(folder / "fawran.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        expect(site, "database")
        other.rollback()
    expect(site)


def test_a_redis_that_hangs_is_reported(site: Site) -> None:
    expect(site)
    with frozen(site.valkey.child.pid):
        expect(site, "redis")
    expect(site)


def test_a_postgresql_that_hangs_or_is_down_is_reported(command: Command, tmp_path: Path) -> None:
    with (
        embedded_valkey(tmp_path / "valkey.log") as valkey,
        running_postgresql(tmp_path) as database,
    ):
        made = prepared(tmp_path, valkey.url, people=0, DATABASE_URL=database.url)
        with started(made, command, valkey) as site:
            expect(site)
            server = int((tmp_path / "postgresql/postmaster.pid").read_text().split()[0])
            with frozen(server):
                expect(site, "database")
            expect(site)
            os.kill(server, signal.SIGQUIT)
            expect(site, "database")


async def test_a_full_disk_is_reported_and_is_one_line_of_the_log(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    with small_disk(tmp_path / "disk") as disk:
        url = f"sqlite:///{disk}/fawran.sqlite3"
        with served(asgi, tmp_path, DATABASE_URL=url) as site:
            async with site.page(0) as ann:
                with filled(disk):
                    await asyncio.to_thread(expect, site, "database")
                    for n in range(20):
                        await ann.say("x" * 4000, str(uuid4()))
                        assert (await ann.next_of("error"))["code"] == "unavailable", n
                await asyncio.to_thread(expect, site)
                await ann.say("stored again", str(uuid4()))
                await ann.next_of("ack")
                await asyncio.to_thread(site.wait_for_log, "database: answers again")
            lines = site.log.read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if "WARNING" in line or "ERROR" in line]) == 2, lines
