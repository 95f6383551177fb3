"""Ways of serving with real processes: long polls held by threads, two servers as one."""

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
PATIENCE = 60.0
CPUS = sorted(os.sched_getaffinity(0))
ONE, SEVERAL = Pinning(CPUS[:1], CPUS[-1:]), Pinning(CPUS[:2], CPUS[-1:])


@dataclass(frozen=True)
class Started:
    """A server that runs, and the crowd that it knows."""

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
        # What these tests' own Django is set up with is not for the servers.
        for name in APPLICATION_VARIABLES:
            patch.delenv(name, raising=False)
        made = Workspace(tmp_path_factory.mktemp("workspace"))
        made.seed([CROWD])
        yield made
        made.close()


@asynccontextmanager
async def started(
    workspace: Workspace, name: str, number: int, pinning: Pinning = ONE
) -> AsyncIterator[Started]:
    """Start a server as a run does; end it whatever happens."""
    runner = a_runner(workspace.folder / f"run-{number}", pinning)
    session = session_of(name, number)
    place = workspace.session(number, CROWD)
    with ExitStack() as running:
        server = runner._start(session, place, running)
        yield Started(server.place, list(server.processes), place.crowd, place.folder)


def a_runner(run: Path, pinning: Pinning) -> Runner:
    run.mkdir(exist_ok=True)
    return Runner(SMOKE, pinning, run, Manifest("run", "smoke", {}, {}), lambda _step: None)


def session_of(name: str, number: int = 1) -> SessionPlan:
    return SessionPlan(number, find_server(name), 1, (find_scenario("delivery"),))


@asynccontextmanager
async def chatting(server: Started, client: str, recording: Recording) -> AsyncIterator[Fleet]:
    """Let the crowd connect; afterwards the recording has what the generator saw."""
    async with fleet_of(server.crowd, server.folder, client, CROWD.room_size) as fleet:
        await fleet.reach(server.place)
        await fleet.connect(CROWD.users)
        yield fleet
        await fleet.finish(recording)


async def send_for_a_moment(fleet: Fleet) -> None:
    """Let people write, and wait until all that is acknowledged has reached everybody."""
    await fleet.load(0.1)
    await asyncio.sleep(2)
    await fleet.rest()
    async with asyncio.timeout(PATIENCE):
        while True:
            seen = await fleet.summary(0, 1 << 62)
            if len(seen.latencies_ms) == seen.sent * (CROWD.room_size - 1):
                break
            await asyncio.sleep(0.1)
    assert seen.sent, "nobody has written"


async def test_threads_hold_long_polls_and_answer_them_as_things_happen(
    workspace: Workspace,
) -> None:
    recording = Recording()
    async with (
        started(workspace, "gunicorn-gthread", 1) as server,
        chatting(server, "long-poll", recording) as fleet,
    ):
        await fleet.typing(5, 1)
        await send_for_a_moment(fleet)
    sent, received = recording.frame("sent"), recording.frame("received")
    arrived = received.merge(sent[["ref", "kind"]], on="ref")
    assert set(arrived["via"]) == {"wait"}, "nothing had to be asked for"
    messages = arrived[arrived["kind"] == "message"]
    assert not messages.duplicated(["ref", "recipient"]).any()
    typing = arrived[arrived["kind"] == "typing"]
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
        async with chatting(server, "websocket", recording) as fleet:
            assert sockets_of(daphne) == CROWD.users
            assert sockets_of(gunicorn) == 0
            await send_for_a_moment(fleet)
        await posts_reach_sockets(server)
    assert set(recording.frame("received")["via"]) == {"push"}
    assert recording.frame("operations")["ok"].all()


async def posts_reach_sockets(server: Started) -> None:
    """See that what Gunicorn stores is pushed by Daphne."""
    ann, bob = server.members[:2]
    headers = {"Cookie": bob.cookie, "Origin": server.place.http}
    async with (
        asyncio.timeout(PATIENCE),
        connect(server.place.websocket(0), additional_headers=headers, proxy=None) as socket,
    ):
        await frame_of(socket, "welcome")
        text = f"by request {uuid4()}"
        posted = await post_message(server.place.http, ann, text)
        assert posted.status_code == httpx.codes.OK
        while (await frame_of(socket, "message"))["text"] != text:
            pass


async def frame_of(socket: ClientConnection, kind: str) -> dict[str, str]:
    """Return the next frame of a kind."""
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


async def test_on_several_processors_sockets_are_spread_over_as_many_processes_as_workers(
    workspace: Workspace,
) -> None:
    recording = Recording()
    async with (
        started(workspace, "daphne-tuned", 3, SEVERAL) as server,
        chatting(server, "websocket", recording) as fleet,
    ):
        held = Counter({child.pid: sockets_of(child) for child in server.children})
        assert sorted(held.values()) == [13, 13, 14]
        await send_for_a_moment(fleet)
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
def test_one_processor_gets_one_process_of_what_uses_no_more(
    name: str, on_one: tuple[int, int], on_several: tuple[int, int]
) -> None:
    for pinning, wanted in ((ONE, on_one), (Pinning([0, 1], [2]), on_several)):
        place = place_of(parts_of(session_of(name), pinning))
        assert (len(place.ports), len(place.socket_ports)) == wanted


def test_five_ways_are_compared_and_parts_that_answer_requests_come_first() -> None:
    roles = {one.name: one.role for one in servers().values() if one.role != "fanout"}
    assert {name for name, role in roles.items() if role == "judged"} == {"gunicorn", "daphne"}
    compared = {name for name, role in roles.items() if role == "comparison"}
    assert compared == {"gunicorn-gthread", "daphne-tuned", "split"}
    for server in servers().values():
        order = [part.serves == "sockets" for part in server.parts]
        assert order == sorted(order)


def sockets_of(child: Child) -> int:
    """Return how many connections a process and its children hold that are established."""
    process = psutil.Process(child.pid)
    return sum(
        one.status == psutil.CONN_ESTABLISHED and one.laddr.port == port_of(child)
        for each in (process, *process.children(recursive=True))
        for one in each.net_connections(kind="tcp4")
    )


def port_of(child: Child) -> int:
    """Return the port that a process was started to serve on."""
    address = (
        next((word for word in child.command if word.startswith("127.0.0.1:")), None)
        or child.command[list(child.command).index("--port") + 1]
    )
    return int(address.rpartition(":")[2])
