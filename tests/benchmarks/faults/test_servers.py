"""Tests of faults of real servers: the application under Gunicorn, and under Daphne with Valkey."""

from __future__ import annotations

import asyncio
import json
import math
import os
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from benchmarks.generator.fleet import Fleet
from benchmarks.generator.users import Place
from benchmarks.measure.deliveries import quantile
from benchmarks.measure.runs import Run
from benchmarks.measure.validity import usage_refused_because
from benchmarks.run.profiles import Crowd
from benchmarks.run.resources import ResourceSampler
from benchmarks.run.server_environment import clean
from benchmarks.run.workspace import SessionPlace, Workspace
from benchmarks.servers.registry import find_server
from reference_app.runtime.environment import ROOT
from reference_app.serving import commands
from reference_app.serving.processes import Child, free_port, wait_until_served
from reference_app.serving.valkey import embedded_valkey
from tests.benchmarks import rooms
from tests.benchmarks.faults.registry import fault
from tests.benchmarks.faults.test_results import assert_it_is_a_result, assert_named, seen
from tests.benchmarks.rooms import only_run
from tests.launch import user_environment
from tests.postgresql import running_postgresql

pytestmark = [pytest.mark.alone, pytest.mark.long]

CROWD = Crowd(20, 10)
WORKERS = 3
LOCK_PROGRAM = """
import sqlite3, sys, time
sys.stdin.readline()
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made = Workspace(tmp_path_factory.mktemp("workspace"))
    made.seed([CROWD])
    yield made
    made.close()


@pytest.fixture
def gunicorn(workspace: Workspace) -> Iterator[tuple[SessionPlace, Place, Child]]:
    """Serve a fresh copy of the database with Gunicorn."""
    with served_by_gunicorn(workspace) as found:
        yield found


@contextmanager
def served_by_gunicorn(workspace: Workspace) -> Iterator[tuple[SessionPlace, Place, Child]]:
    files = workspace.session(1, CROWD)
    place = Place("127.0.0.1", (free_port(),))
    child = Child(
        "gunicorn",
        commands.gunicorn(place.host, place.port, workers=WORKERS),
        clean(os.environ) | files.environment | {"FAWRAN_TRANSPORT": "polling"},
        files.folder / "log",
    )
    with ExitStack() as running:
        running.callback(workspace.discard, files)
        running.enter_context(child)
        wait_until_served(child, place.host, place.port, 30, tls=False)
        yield files, place, child


@fault(
    "a worker of Gunicorn killed",
    injected="SIGKILL to one of three workers in the middle of a window",
    caught_by="CPU and memory of the window are excluded, with the reason; its deliveries count",
)
async def test_a_killed_worker_excludes_cpu_and_memory_but_not_deliveries(
    gunicorn: tuple[SessionPlace, Place, Child], tmp_path: Path
) -> None:
    files, place, child = gunicorn
    sampler = ResourceSampler(1, {"server": lambda: [child.pid]})

    async def kill_one(_fleet: Fleet) -> None:
        workers = psutil.Process(child.pid).children()
        before = {worker.pid for worker in workers}
        victim = max(workers, key=lambda one: sum(one.cpu_times()[:2]))
        victim.send_signal(signal.SIGKILL)
        for _ in range(400):
            if {one.pid for one in psutil.Process(child.pid).children()} - before:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("no other worker was started")

    recording = await rooms.record(
        files.crowd,
        tmp_path,
        place,
        "polling",
        room_size=CROWD.room_size,
        per_user=1.0,
        users=CROWD.users,
        meanwhile=kill_one,
        grace=6.0,
        sampler=sampler,
    )
    run = only_run(recording)
    rows = recording.frame("resources")
    server = rows[rows["role"] == "server"]
    assert server["cpu_ns"].is_monotonic_increasing
    assert run.usage.cpu_seconds["server"] > 0
    assert server["ended"].iloc[-1] >= 1
    (reason,) = usage_refused_because(run)
    assert re.fullmatch(r"\d of the server's processes ended or were replaced", reason)
    assert seen(run).received > 0
    assert_it_is_a_result(run)


async def run_polling_window(
    files: SessionPlace,
    place: Place,
    folder: Path,
    freeze: Callable[[Fleet], Awaitable[None]],
    thaw: Callable[[], None],
) -> Run:
    """Let pages poll for one window; return what was measured.

    ``freeze`` is called in the window, ``thaw`` at the end of its grace period.
    """
    recording = await rooms.record(
        files.crowd,
        folder,
        place,
        "polling",
        room_size=CROWD.room_size,
        per_user=1.0,
        users=CROWD.users,
        meanwhile=freeze,
        afterwards=thaw,
        grace=6.0,
    )
    return only_run(recording)


@fault(
    "a frozen database",
    injected="another process locks the SQLite file exclusively from the middle of a window on",
    caught_by="“messages not acknowledged”, `lost`",
)
async def test_a_frozen_database_loses_unacknowledged_messages(
    gunicorn: tuple[SessionPlace, Place, Child], tmp_path: Path
) -> None:
    files, place, _child = gunicorn
    path = files.environment["DATABASE_URL"].removeprefix("sqlite:///")
    locker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", LOCK_PROGRAM, path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert locker.stdin is not None
    assert locker.stdout is not None

    async def freeze(_fleet: Fleet) -> None:
        locker.stdin.write(b"\n")
        assert await locker.stdout.readline() == b"locked\n"
        await asyncio.sleep(1.0)

    try:
        run = await run_polling_window(files, place, tmp_path, freeze, locker.kill)
    finally:
        if locker.returncode is None:
            locker.kill()
        await locker.wait()
    assert_named(run, "not acknowledged")
    assert seen(run).lost >= seen(run).unacknowledged * (CROWD.room_size - 1)


@fault(
    "a frozen database, PostgreSQL",
    injected="SIGSTOP to every process of PostgreSQL in the middle of a window, until the end of "
    "its grace period",
    caught_by="“messages not acknowledged”, `lost`, p99 is infinite",
)
async def test_a_frozen_postgresql_loses_unacknowledged_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as running:
        url = running.enter_context(running_postgresql(tmp_path)).url
        with psycopg.connect(url) as connection:
            postmaster = psutil.Process(connection.info.backend_pid).parent()
        assert postmaster is not None
        monkeypatch.setenv("DATABASE_URL", url)
        (tmp_path / "workspace").mkdir()
        workspace = Workspace(tmp_path / "workspace")
        running.callback(workspace.close)
        workspace.seed([CROWD])
        files, place, _child = running.enter_context(served_by_gunicorn(workspace))
        assert files.environment["DATABASE_URL"].startswith("postgresql:")
        frozen: list[psutil.Process] = []

        def thaw() -> None:
            for process in frozen:
                with suppress(psutil.NoSuchProcess):
                    process.resume()

        async def freeze(_fleet: Fleet) -> None:
            # The postmaster starts all other processes, so stop it first: then no new one starts.
            postmaster.suspend()
            frozen.append(postmaster)
            for process in postmaster.children():
                with suppress(psutil.NoSuchProcess):
                    process.suspend()
                    frozen.append(process)
            await asyncio.sleep(1.0)

        running.callback(thaw)
        run = await run_polling_window(files, place, tmp_path, freeze, thaw)
    assert_named(run, "not acknowledged")
    assert seen(run).unacknowledged < seen(run).sent, "what came before is stored"
    assert seen(run).lost >= seen(run).unacknowledged * (CROWD.room_size - 1)
    assert quantile(seen(run).latencies_ms, 0.99) == math.inf


@fault(
    "Valkey stopped under Daphne",
    injected="SIGSTOP to Valkey in the middle of a window, until the end of its grace period",
    caught_by="`lost`; p99 is infinite",
)
async def test_deliveries_are_lost_while_valkey_is_stopped(
    workspace: Workspace, tmp_path: Path
) -> None:
    files = workspace.session(2, CROWD)
    place = Place("127.0.0.1", (free_port(),))
    daphne = find_server("daphne")
    with ExitStack() as running:
        running.callback(workspace.discard, files)
        valkey = running.enter_context(embedded_valkey(tmp_path / "valkey.log"))
        settings = {"REDIS_URL": valkey.url, "FAWRAN_TRANSPORT": "websocket", **daphne.environment}
        child = Child(
            "daphne",
            daphne.parts[0].command(place.host, place.port, None),
            clean(os.environ) | files.environment | settings,
            tmp_path / "daphne.log",
        )
        running.enter_context(child)
        wait_until_served(child, place.host, place.port, 30, tls=False)

        async def freeze(_fleet: Fleet) -> None:
            os.kill(valkey.child.pid, signal.SIGSTOP)
            await asyncio.sleep(1.0)

        try:
            run = only_run(
                await rooms.record(
                    files.crowd,
                    tmp_path,
                    place,
                    "websocket",
                    room_size=CROWD.room_size,
                    per_user=1.0,
                    users=CROWD.users,
                    meanwhile=freeze,
                    afterwards=lambda: os.kill(valkey.child.pid, signal.SIGCONT),
                )
            )
        finally:
            os.kill(valkey.child.pid, signal.SIGCONT)
    assert_named(run, "deliveries lost")
    assert quantile(seen(run).latencies_ms, 0.99) == math.inf


@fault(
    "`GUNICORN_CMD_ARGS` in the caller's environment",
    injected="another worker class and number of workers, and `WEB_CONCURRENCY=5`",
    caught_by="the server does not get them; the manifest and the report list what was removed",
)
def test_the_callers_environment_does_not_change_a_server(tmp_path: Path) -> None:
    environment = user_environment(
        GUNICORN_CMD_ARGS="--worker-class=of-no-module --workers=7",
        WEB_CONCURRENCY="5",
        DJANGO_SETTINGS_MODULE="of_no_module",
        PYTHONSTARTUP="/dev/null",
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks", "run", "--profile=smoke", "--users=20"),
            *("--repeats=1", "--server=gunicorn", "--scenario=websocket", f"--reports={tmp_path}"),
        ],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    run = (tmp_path / "latest").resolve()
    manifest = json.loads((run / "manifest.json").read_text())
    server = manifest["servers"]["gunicorn"]
    assert {
        "GUNICORN_CMD_ARGS",
        "WEB_CONCURRENCY",
        "DJANGO_SETTINGS_MODULE",
        "PYTHONSTARTUP",
    } <= set(server["taken_out"])
    assert "of-no-module" not in json.dumps(manifest)
    assert server["command"] == [
        *("python", "-m", "gunicorn", "--workers", "3", "--bind", "{host}:{port}"),
        "reference_app.config.wsgi:application",
    ]
    assert server["environment"]["DJANGO_SETTINGS_MODULE"] == "reference_app.config.settings"
    assert server["environment"]["DATABASE_URL"] == "sqlite:"
    assert "SECRET_KEY" not in server["environment"]
    for name in ("report.md", "report.html"):
        assert "GUNICORN_CMD_ARGS" in (run / name).read_text()
    for text in ((run / "manifest.json").read_text(), (run / "report.md").read_text()):
        assert str(ROOT) not in text
        assert sys.executable not in text
