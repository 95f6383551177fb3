"""The readiness check: a database that is locked, full or down, and a Redis that hangs."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from reference_app.serving import commands
from reference_app.serving.valkey import embedded_valkey
from tests.postgresql import running_postgresql
from tests.served import Command, Site, prepared, started

ANSWER_SECONDS = 3.0
"""Time limit of a request. The answer takes at most 0.8 s; the machine may be busy."""

CHANGE_SECONDS = 20.0


def asgi(host: str, port: int) -> list[str]:
    return commands.tuned_daphne(host, port, None)


def wsgi(host: str, port: int) -> list[str]:
    return commands.threaded_gunicorn(host, port)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder: of a file system of 8 MiB where this user may mount one."""
    folder = tmp_path_factory.mktemp("disk")
    mounting = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    mounted = subprocess.run(mounting, check=False, capture_output=True).returncode == 0
    yield folder
    if mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module", params=[asgi, wsgi])
def command(request: pytest.FixtureRequest) -> Command:
    chosen: Command = request.param
    return chosen


@pytest.fixture(scope="module")
def database(command: Command, disk: Path) -> Path:
    return disk / f"{command.__name__}.sqlite3"


@pytest.fixture(scope="module")
def site(
    command: Command, database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with embedded_valkey(folder / "valkey.log") as valkey:
        made = prepared(folder, valkey.url, people=0, DATABASE_URL=f"sqlite:///{database}")
        with started(made, command, valkey) as found:
            yield found


def expect(site: Site, *reasons: str) -> None:
    """Wait until the site is ready, or is not for these reasons: a result is kept for a second."""
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


def test_a_locked_database_is_reported(site: Site, database: Path) -> None:
    expect(site)
    with contextlib.closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN IMMEDIATE")
        expect(site, "database")
        other.rollback()
    expect(site)


def test_a_full_disk_is_reported(site: Site, disk: Path) -> None:
    if not disk.is_mount():
        pytest.skip("a small file system can be mounted by root only")
    expect(site)
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    expect(site, "database")
    filler.unlink()
    expect(site)


def test_a_redis_that_hangs_is_reported(site: Site) -> None:
    expect(site)
    with frozen(site.valkey.child.pid):
        expect(site, "redis")
    expect(site)


def test_a_postgresql_that_hangs_or_is_down_is_reported(command: Command, tmp_path: Path) -> None:
    with embedded_valkey(tmp_path / "valkey.log") as valkey, running_postgresql(tmp_path) as url:
        made = prepared(tmp_path, valkey.url, people=0, DATABASE_URL=url)
        with started(made, command, valkey) as site:
            expect(site)
            server = int((tmp_path / "postgresql/postmaster.pid").read_text().split()[0])
            with frozen(server):
                expect(site, "database")
            expect(site)
            os.kill(server, signal.SIGQUIT)
            expect(site, "database")
