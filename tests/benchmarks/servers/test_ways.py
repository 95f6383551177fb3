"""Tests of ways of serving with real processes: long polls on threads, and split servers."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.generator.fleet import Fleet
from benchmarks.generator.members import Member, read_crowd
from benchmarks.generator.users import Place
from benchmarks.recording import Manifest, Recording
from benchmarks.run.pinning import Pinning
from benchmarks.run.plan import SessionPlan
from benchmarks.run.profiles import SMOKE, Crowd
from benchmarks.run.runner import Runner
from benchmarks.run.start import parts_of, place_of
from benchmarks.run.workspace import Workspace
from benchmarks.scenarios.registry import find_scenario
from benchmarks.servers.registry import find_server, servers
from reference_app.serving.commands import GUNICORN_WORKERS
from reference_app.serving.processes import Child
from tests.benchmarks.rooms import fleet_of
from tests.launch import APPLICATION_VARIABLES

CROWD = Crowd(40, 20)
TIMEOUT_SECONDS = 60.0
CPUS = sorted(os.sched_getaffinity(0))
ONE_CPU, SEVERAL_CPUS = Pinning(CPUS[:1], CPUS[-1:]), Pinning(CPUS[:2], CPUS[-1:])


@dataclass(frozen=True)
class RunningServer:
    """A running server, and the crowd in its database."""

    place: Place
    children: list[Child]
    crowd: Path
    folder: Path

    @property
    def members(self) -> list[Member]:
        """The people of the crowd."""
        return read_crowd(self.crowd)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with pytest.MonkeyPatch.context() as patch:
        # The servers must not get the settings of the Django in this test process.
        for name in APPLICATION_VARIABLES:
            patch.delenv(name, raising=False)
        made = Workspace(tmp_path_factory.mktemp("workspace"))
        made.seed([CROWD])
        yield made
        made.close()


@asynccontextmanager
async def started(
    workspace: Workspace, name: str, number: int, pinning: Pinning = ONE_CPU
) -> AsyncIterator[RunningServer]:
    """Start a server as a run does, and end it even if the test fails."""
    runner = runner_in(workspace.folder / f"run-{number}", pinning)
    session = session_of(name, number)
    place = workspace.session(number, CROWD)
    with ExitStack() as running:
        server = runner._start(session, place, running)
        yield RunningServer(server.place, list(server.processes), place.crowd, place.folder)


def runner_in(run: Path, pinning: Pinning) -> Runner:
    run.mkdir(exist_ok=True)
    return Runner(SMOKE, pinning, run, Manifest("run", "smoke", {}, {}), lambda _step: None)


def session_of(name: str, number: int = 1) -> SessionPlan:
    return SessionPlan(number, find_server(name), 1, (find_scenario("delivery"),))


@asynccontextmanager
async def connected_fleet(
    server: RunningServer, client: str, recording: Recording
) -> AsyncIterator[Fleet]:
    """Yield a fleet whose users are connected; at the end write its data to the recording."""
    async with fleet_of(server.crowd, server.folder, client, CROWD.room_size) as fleet:
        await fleet.reach(server.place)
        await fleet.connect(CROWD.users)
        yield fleet
        await fleet.finish(recording)


async def send_messages(fleet: Fleet) -> None:
    """Let users write for two seconds, and wait until every message has reached every member."""
    await fleet.send_on_schedule(0.1)
    await asyncio.sleep(2)
    await fleet.stop_sending()
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while True:
            seen = await fleet.summary(0, 1 << 62)
            if len(seen.latencies_ms) == seen.sent * (CROWD.room_size - 1):
                break
            await asyncio.sleep(0.1)
    assert seen.sent, "nobody has written"


@pytest.mark.long
async def test_threads_hold_long_polls_and_answer_them_when_events_occur(
    workspace: Workspace,
) -> None:
    recording = Recording()
    async with (
        started(workspace, "gunicorn-gthread", 1) as server,
        connected_fleet(server, "long-poll", recording) as fleet,
    ):
        await fleet.typing(5, 1)
        await send_messages(fleet)
    sent, received = recording.frame("sent"), recording.frame("received")
    arrivals = received.merge(sent[["ref", "kind"]], on="ref")
    assert set(arrivals["via"]) == {"wait"}, "nothing had to be asked for"
    messages = arrivals[arrivals["kind"] == "message"]
    assert not messages.duplicated(["ref", "recipient"]).any()
    typing = arrivals[arrivals["kind"] == "typing"]
    assert len(typing), "nobody was shown who types"
    operations = recording.frame("operations")
    assert operations["ok"].all()
    assert set(operations["kind"]) == {"connect", "wait", "send", "typing"}


async def test_split_sends_requests_to_gunicorn_and_sockets_to_daphne(
    workspace: Workspace,
) -> None:
    recording = Recording()
    async with started(workspace, "split", 2) as server:
        gunicorn, daphne = server.children
        assert "gunicorn" in gunicorn.command
        assert "daphne" in daphne.command
        assert len(server.place.ports) == len(server.place.socket_ports) == 1
        async with connected_fleet(server, "websocket", recording) as fleet:
            assert connection_count(daphne) == CROWD.users
            assert connection_count(gunicorn) == 0
            await send_messages(fleet)
        await assert_posts_reach_sockets(server)
    assert set(recording.frame("received")["via"]) == {"push"}
    assert recording.frame("operations")["ok"].all()


async def assert_posts_reach_sockets(server: RunningServer) -> None:
    """Assert that Daphne pushes a message that Gunicorn stores."""
    ann, bob = server.members[:2]
    headers = {"Cookie": bob.cookie, "Origin": server.place.socket_origin(0)}
    async with (
        asyncio.timeout(TIMEOUT_SECONDS),
        connect(server.place.websocket(0), additional_headers=headers, proxy=None) as socket,
    ):
        await next_frame(socket, "welcome")
        text = f"by request {uuid4()}"
        posted = await post_message(server.place.http, ann, text)
        assert posted.status_code == httpx.codes.OK
        while (await next_frame(socket, "message"))["text"] != text:
            pass


async def next_frame(socket: ClientConnection, kind: str) -> dict[str, str]:
    """Return the next frame of a type; drop those before it."""
    while True:
        frame: dict[str, str] = json.loads(await socket.recv())
        if frame["type"] == kind:
            return frame


async def post_message(address: str, member: Member, text: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
        return await http.post(
            f"/api/conversations/{member.room}/messages",
            json={"client_id": str(uuid4()), "text": text},
            headers={"Cookie": member.cookie, "X-CSRFToken": member.csrf, "Origin": address},
        )


@pytest.mark.long
async def test_on_several_processors_sockets_are_spread_over_as_many_processes_as_workers(
    workspace: Workspace,
) -> None:
    recording = Recording()
    async with (
        started(workspace, "daphne-tuned", 3, SEVERAL_CPUS) as server,
        connected_fleet(server, "websocket", recording) as fleet,
    ):
        counts = Counter({child.pid: connection_count(child) for child in server.children})
        assert sorted(counts.values()) == [13, 13, 14]
        await send_messages(fleet)
    assert set(recording.frame("received")["via"]) == {"push"}


@pytest.mark.parametrize(
    ("name", "on_one", "on_several"),
    [
        ("gunicorn", (1, 0), (1, 0)),
        ("gunicorn-gthread", (1, 0), (1, 0)),
        ("daphne", (1, 0), (GUNICORN_WORKERS, 0)),
        ("daphne-tuned", (1, 0), (GUNICORN_WORKERS, 0)),
        ("split", (1, 1), (1, GUNICORN_WORKERS)),
        ("null", (1, 0), (1, 0)),
    ],
)
def test_only_daphne_has_several_ports_and_only_on_several_processors(
    name: str, on_one: tuple[int, int], on_several: tuple[int, int]
) -> None:
    for pinning, expected in ((ONE_CPU, on_one), (Pinning([0, 1], [2]), on_several)):
        place = place_of(parts_of(session_of(name), pinning))
        assert (len(place.ports), len(place.socket_ports)) == expected


def test_five_ways_are_compared_and_parts_that_answer_requests_come_first() -> None:
    roles = {one.name: one.role for one in servers().values() if one.role != "fanout"}
    assert {name for name, role in roles.items() if role == "judged"} == {"gunicorn", "daphne"}
    compared = {name for name, role in roles.items() if role == "comparison"}
    assert compared == {"gunicorn-gthread", "daphne-tuned", "split"}
    for server in servers().values():
        order = [part.serves == "sockets" for part in server.parts]
        assert order == sorted(order)


def connection_count(child: Child) -> int:
    """Return the number of established connections of a process and its children."""
    process = psutil.Process(child.pid)
    return sum(
        one.status == psutil.CONN_ESTABLISHED and one.laddr.port == port_of(child)
        for each in (process, *process.children(recursive=True))
        for one in each.net_connections(kind="tcp4")
    )


def port_of(child: Child) -> int:
    """Return the port in the command line of a process."""
    address = (
        next((word for word in child.command if word.startswith("127.0.0.1:")), None)
        or child.command[list(child.command).index("--port") + 1]
    )
    return int(address.rpartition(":")[2])
