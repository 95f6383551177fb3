"""Tests that a fault of the measuring instrument makes a window invalid, with the reason."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from os import sched_getaffinity
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import GeneratorFailed
from benchmarks.generator.fleet import Fleet
from benchmarks.generator.users import Place
from benchmarks.locust.process import LocustProcess
from benchmarks.measure.runs import Run, runs
from benchmarks.measure.validity import invalid_because
from benchmarks.recording import GENERATOR_SIDE, LOCUST_FROM, SERVER_SIDE, Recording
from benchmarks.run.pinning import Pinning, pinned
from benchmarks.run.profiles import SMOKE
from benchmarks.run.resources import ResourceSampler
from benchmarks.run.session import BenchSession
from benchmarks.run.workspace import SessionPlace
from benchmarks.scenarios import http
from benchmarks.servers.registry import find_server
from reference_app.runtime.environment import ROOT
from tests.benchmarks import rooms
from tests.benchmarks.faults.registry import fault
from tests.benchmarks.faults.test_results import ROOM, USERS, replaced
from tests.benchmarks.rooms import crowd_of, fleet_of, keep_busy, null_process, only_run, pause

pytestmark = pytest.mark.alone

SERVER_CPU, GENERATOR_CPU = min(sched_getaffinity(0)), max(sched_getaffinity(0))
BUSY_LOOPS = 4


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    return crowd_of(tmp_path, USERS, ROOM)


@asynccontextmanager
async def sampled_server(crowd: Path) -> AsyncIterator[tuple[Place, ResourceSampler]]:
    """Run the null server on its own processor; yield its place and a sampler of it."""
    with pinned([SERVER_CPU]):
        starting = null_process(crowd)
        place, process = await starting.__aenter__()
    sides = {SERVER_SIDE: [SERVER_CPU], GENERATOR_SIDE: [GENERATOR_CPU]}
    try:
        yield place, ResourceSampler(1, {"server": lambda: [process.pid]}, sides)
    finally:
        await starting.__aexit__(None, None, None)


@contextmanager
def busy_loops(cpu: int) -> Iterator[None]:
    """Keep a processor busy with programs that are not the benchmark's."""
    with pinned([cpu]):
        loops = [
            subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(BUSY_LOOPS)
        ]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


async def record(crowd: Path, folder: Path, **options: object) -> Recording:
    """Let a crowd chat on a null server on its own processor; return the raw data."""
    async with sampled_server(crowd) as (place, sampler):
        return await rooms.record(
            crowd,
            folder,
            place,
            "websocket",
            room_size=ROOM,
            per_user=3.0,
            users=USERS,
            sampler=sampler,
            **options,  # type: ignore[arg-type]
        )


def assert_invalid(run: Run, pattern: str) -> None:
    """Assert that a reason why a window is invalid matches a regular expression."""
    reasons = invalid_because(run)
    assert any(re.search(pattern, one) for one in reasons), reasons


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Return raw data of a server without a fault and two generators, for tests to change."""
    folder = tmp_path_factory.mktemp("raw")
    return asyncio.run(record(crowd_of(folder, USERS, ROOM), folder, generators=2))


def test_unchanged_raw_data_has_none_of_the_injected_faults(raw: Recording) -> None:
    reasons = invalid_because(only_run(raw))
    injected = "before they were sent|more than expected|sign of life|was sampled|hypervisor"
    assert not any(re.search(injected, one) for one in reasons), reasons


@fault(
    "arrivals before they were sent",
    injected="the time of every arrival in the raw data is reduced by 10 s",
    caught_by="invalid: “arrivals or acknowledgements before they were sent”",
)
def test_a_negative_latency_is_invalid(raw: Recording) -> None:
    rows = raw.frame("received")
    early = replaced(raw, "received", rows.assign(received_ns=rows["received_ns"] - 10**10))
    assert_invalid(only_run(early), "arrivals or acknowledgements before they were sent")


@fault(
    "more received than expected",
    injected="in the raw data, senders receive their own messages",
    caught_by="invalid: “arrivals more than expected”",
)
def test_more_arrivals_than_recipients_are_invalid(raw: Recording) -> None:
    rows = raw.frame("received")
    sent = raw.frame("sent").set_index("ref")["sender"]
    own = rows.drop_duplicates("ref")
    own = own.assign(recipient=own["ref"].map(sent))
    run = only_run(replaced(raw, "received", pd.concat([rows, own])))
    assert_invalid(run, "arrivals more than expected")
    assert run.deliveries is not None
    assert run.deliveries.received == run.deliveries.expected


@fault(
    "stolen time",
    injected="in the raw data, the hypervisor takes a fifth of the server's processor",
    caught_by="invalid: “the hypervisor took 20 % of processor 0”",
)
def test_stolen_time_is_invalid(raw: Recording) -> None:
    rows = raw.frame("processors")
    stolen = (rows["at_ns"] - rows["at_ns"].min()) // 5 * (rows["cpu"] == SERVER_CPU)
    run = only_run(replaced(raw, "processors", rows.assign(steal_ns=stolen)))
    assert_invalid(run, f"the hypervisor took (19|20) % of processor {SERVER_CPU}")


@fault(
    "no samples of the processors",
    injected="a processor's samples end in the middle of the window",
    caught_by="invalid: “only 50 % of the processors' load was sampled”",
)
def test_a_window_with_missing_processor_samples_is_invalid(raw: Recording) -> None:
    rows = raw.frame("processors")
    middle = rows["at_ns"].quantile(0.5)
    gone = (rows["cpu"] == SERVER_CPU) & (rows["at_ns"] > middle)
    run = only_run(replaced(raw, "processors", rows[~gone]))
    assert_invalid(run, r"only \d+ % of the processors' load was sampled")


@fault(
    "dead generator, in the raw data",
    injected="the ticks of one of two generators end in the middle of the window",
    caught_by="invalid: “generator 1 gave no sign of life for 0.8 s”",
)
def test_a_generator_whose_ticks_end_is_invalid(raw: Recording) -> None:
    ticks = raw.frame("health")
    (window,) = raw.frame("windows").to_dict("records")
    middle = (window["start_ns"] + window["end_ns"]) // 2
    gone = (ticks["generator"] == 1) & (ticks["at_ns"] > middle)
    run = only_run(replaced(raw, "health", ticks[~gone]))
    assert_invalid(run, r"generator 1 gave no sign of life for 0\.[678] s")
    none = only_run(replaced(raw, "health", ticks[ticks["generator"] != 1]))
    assert_invalid(none, r"generator 1 gave no sign of life for 1\.\d s")


@pytest.mark.long
@fault(
    "dead generator",
    injected="SIGKILL to one of two generators",
    caught_by="the run ends with one line: “A load generator died”",
)
async def test_a_dead_generator_ends_the_run(crowd: Path, tmp_path: Path) -> None:
    async with (
        null_process(crowd) as (place, _process),
        fleet_of(crowd, tmp_path, "websocket", ROOM, generators=2) as fleet,
    ):
        await fleet.reach(place)
        await fleet.connect(USERS)
        watching = asyncio.create_task(fleet.watch())
        fleet._processes[1].kill()
        with pytest.raises(GeneratorFailed, match="died"):
            await watching


@fault(
    "one pause of a generator",
    injected="SIGSTOP to the generator for 0.2 s, once",
    caught_by="invalid: “generator paused for 190 ms”",
)
async def test_one_pause_of_the_generator_is_invalid(crowd: Path, tmp_path: Path) -> None:
    async def pause_once(fleet: Fleet) -> None:
        await pause(fleet, 0.2)
        await asyncio.sleep(0.1)

    run = only_run(await record(crowd, tmp_path, meanwhile=pause_once))
    assert_invalid(run, r"generator paused for [12]\d\d ms")
    assert run.health.longest_pause_ms >= 150


@pytest.mark.long
@fault(
    "a generator that is stopped repeatedly",
    injected="SIGSTOP for 0.2 s of every 0.3 s",
    caught_by="invalid: “generator's event loop lagged”, “generator sent ... late”",
)
async def test_a_generator_that_is_stopped_repeatedly_is_invalid(
    crowd: Path, tmp_path: Path
) -> None:
    run = only_run(await record(crowd, tmp_path, meanwhile=keep_busy))
    assert_invalid(run, "generator's event loop lagged")
    assert_invalid(run, "generator sent .* late")


@pytest.mark.long
@pytest.mark.parametrize("cpu", [SERVER_CPU, GENERATOR_CPU])
@fault(
    "busy loops on the server's or the generators' processor",
    injected=f"{BUSY_LOOPS} programs that compute without end are pinned to it",
    caught_by="invalid: “another program used 80 % of processor 0”",
)
async def test_other_programs_on_a_pinned_processor_are_invalid(
    cpu: int, crowd: Path, tmp_path: Path
) -> None:
    with busy_loops(cpu):
        run = only_run(await record(crowd, tmp_path))
    assert_invalid(run, rf"another program used \d+ % of processor {cpu}\b")


async def record_locust(crowd: Path, folder: Path) -> Recording:
    """Let Locust load a server that stores nothing; return what Locust recorded."""
    recording = Recording()
    command = (sys.executable, "-m", "tests.benchmarks.faults.polling_server", str(crowd))
    with pinned([SERVER_CPU]):
        starting = rooms.serving(*command)
        place, process = await starting.__aenter__()
    sides = {SERVER_SIDE: [SERVER_CPU], GENERATOR_SIDE: [GENERATOR_CPU]}
    sampler = ResourceSampler(1, {"server": lambda: [process.pid]}, sides)
    session = BenchSession(
        server=find_server("gunicorn"),
        number=1,
        repeat=1,
        profile=replace(SMOKE, users=USERS, room_size=ROOM),
        place=place,
        pinning=Pinning([SERVER_CPU], [GENERATOR_CPU]),
        workspace=SessionPlace(folder, crowd, {}),
        run=folder,
        fleet=fleet_of(crowd, folder, "polling", ROOM),
        sampler=sampler,
        recording=recording,
    )
    sampling = asyncio.create_task(sampler.watch())
    try:
        async with LocustProcess(session.profile.http_users, [GENERATOR_CPU]) as session.locust:
            await http.run(session)
    finally:
        sampling.cancel()
        await starting.__aexit__(None, None, None)
    sampler.record(recording)
    row = {"session": 1, "server": "gunicorn", "transport": "polling", "repeat": 1}
    recording.add("sessions", [row | {"start_ns": 0}])
    return recording


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Return what Locust recorded while busy loops ran on its processor."""
    folder = tmp_path_factory.mktemp("locust")
    with busy_loops(GENERATOR_CPU):
        return asyncio.run(record_locust(crowd_of(folder, USERS, ROOM), folder))


def window_of_phase(recording: Recording, phase: str) -> Run:
    (run,) = [run for run in runs(recording) if run.window.phase == phase]
    return run


@pytest.mark.long
@fault(
    "busy loops on Locust's processor",
    injected=f"{BUSY_LOOPS} programs that compute without end are pinned to it",
    caught_by="invalid: “another program used 75 % of processor 1”; the throughput is “at least”",
)
def test_other_programs_on_locusts_processor_are_invalid(disturbed: Recording) -> None:
    for phase in ("paced", "full"):
        run = window_of_phase(disturbed, phase)
        assert run.requests
        assert run.health.cpu_percent > 0
        assert_invalid(run, rf"another program used \d+ % of processor {GENERATOR_CPU}\b")
    assert window_of_phase(disturbed, "full").is_lower_bound


@pytest.mark.long
@fault(
    "no HTTP request at all",
    injected="the rows of `http` are removed",
    caught_by="invalid: “no request was made”",
)
def test_an_empty_http_window_is_invalid(disturbed: Recording) -> None:
    rows = disturbed.frame("http")
    empty = replaced(disturbed, "http", rows.iloc[:0])
    assert_invalid(window_of_phase(empty, "paced"), "no request was made")
    assert_invalid(window_of_phase(empty, "full"), "no request was made")


@pytest.mark.long
@fault(
    "dead Locust",
    injected="its ticks end at the end of the paced phase",
    caught_by="invalid: “generator 100 gave no sign of life”",
)
def test_a_locust_without_ticks_is_invalid(disturbed: Recording) -> None:
    ticks = disturbed.frame("health")
    until = window_of_phase(disturbed, "paced").window.end_ns
    cut = replaced(disturbed, "health", ticks[ticks["at_ns"] < until])
    silent = f"generator {LOCUST_FROM} gave no sign of life"
    assert_invalid(window_of_phase(cut, "full"), silent)
    assert not any(silent in one for one in invalid_because(window_of_phase(cut, "paced")))


@pytest.mark.long
def test_a_request_of_locust_is_timed_from_its_intended_start(disturbed: Recording) -> None:
    rows = disturbed.frame("http")
    paced = rows[rows["phase"] == "paced"]
    begun = paced[paced["start_ns"] > 0]
    assert (begun["start_ns"] >= begun["intended_ns"]).all()
    delayed = begun.assign(start_ns=begun["start_ns"] + 50_000_000)
    later = replaced(disturbed, "http", delayed)
    before, after = (
        np.concatenate(list(window_of_phase(one, "paced").requests.values()))
        for one in (disturbed, later)
    )
    assert after.mean() - before.mean() == pytest.approx(50, abs=0.1)
    assert window_of_phase(later, "paced").health.schedule_slip_ms_p99 >= 50


def test_no_module_that_measures_reads_the_wall_clock() -> None:
    folders = ("generator", "measure", "scenarios", "run")
    sources = [
        *(path for name in folders for path in (ROOT / "benchmarks" / name).glob("*.py")),
        ROOT / "benchmarks" / "locust" / "users.py",
    ]
    assert len(sources) > 30
    for source in sources:
        text = source.read_text(encoding="utf-8")
        assert not re.search(r"\btime\.time(_ns)?\(|import .*\btime_ns\b", text), source


def test_a_generator_ends_when_its_standard_input_is_closed(crowd: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.generator.generator", f"--crowd={crowd}"),
            *("--share=0/1", "--session=1", "--seed=1"),
        ],
        input="",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.long
async def test_a_locust_without_settings_ends_when_its_standard_input_is_closed() -> None:
    async with LocustProcess(USERS, [GENERATOR_CPU]) as locust:
        assert locust._process is not None
        assert locust._process.stdin is not None
        locust._process.stdin.close()
        await locust.end()
        assert locust._process.returncode == 0


@pytest.mark.long
async def test_a_generator_without_users_does_not_change_the_result(tmp_path: Path) -> None:
    crowd = crowd_of(tmp_path, USERS, USERS)
    async with null_process(crowd) as (place, _process):
        run = await rooms.drive(
            crowd,
            tmp_path,
            place,
            "websocket",
            room_size=USERS,
            per_user=3.0,
            users=USERS,
            generators=2,
        )
    assert run.deliveries is not None
    assert run.deliveries.sent > 30
    assert run.deliveries.received == run.deliveries.sent * (USERS - 1)
