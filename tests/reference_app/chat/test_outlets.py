"""How frames leave: in order, within a budget, whatever the server's `send` does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from reference_app.chat.outlets import (
    BUDGET,
    EPHEMERAL_LIMIT,
    AsgiOutlet,
    DirectOutlet,
    Encoded,
    Outlet,
)
from reference_app.chat.protocol import CLOSE_TRY_LATER, Heads

BIG = "x" * 100_000


class Network:
    """A socket that takes what it is given, or not yet."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.closed: tuple[int, str] | None = None
        self.open = asyncio.Event()
        self.open.set()

    # as a server's `send`
    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "websocket.close":
            self.closed = (message["code"], message["reason"])
            return
        await self.open.wait()
        self.sent.append(message["text"])

    # as a DirectSocket
    waiting: list[bytes]
    drained: Callable[[], None] | None = None

    def write(self, data: bytes) -> int:
        self.waiting = [*getattr(self, "waiting", []), data]
        if self.open.is_set():
            self.drain()
        return self.pending()

    def drain(self) -> None:
        self.open.set()
        for data in getattr(self, "waiting", []):
            head = 2 if data[1] < 126 else 4 if data[1] == 126 else 10
            self.sent.append(data[head:].decode())
        self.waiting = []
        callback, self.drained = self.drained, None
        if callback:
            callback()

    def pending(self) -> int:
        return sum(map(len, getattr(self, "waiting", [])))

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def when_drained(self, callback: Callable[[], None]) -> None:
        self.drained = callback


@pytest.fixture
async def network() -> Network:
    return Network()


@pytest.fixture(params=["asgi", "direct"])
def outlet(request: pytest.FixtureRequest, network: Network) -> Outlet:
    return AsgiOutlet(network.send) if request.param == "asgi" else DirectOutlet(network)


async def let_through(network: Network) -> None:
    network.drain()
    for _ in range(50):
        await asyncio.sleep(0)


async def test_nothing_waits_where_the_network_takes_it(outlet: Outlet, network: Network) -> None:
    before = asyncio.all_tasks()
    for n in range(100):
        outlet.tell(Encoded(str(n), "message"))
    assert network.sent == [str(n) for n in range(100)]
    assert asyncio.all_tasks() == before, "no task for a frame that need not wait"


async def test_what_waits_keeps_its_order(outlet: Outlet, network: Network) -> None:
    network.open.clear()
    for n in range(100):
        outlet.tell(Encoded(str(n), "message"))
    assert network.sent == []
    await let_through(network)
    outlet.tell(Encoded("last", "message"))
    assert network.sent == [*map(str, range(100)), "last"]


async def test_a_socket_over_its_budget_is_closed_and_nothing_more_waits(
    outlet: Outlet, network: Network
) -> None:
    network.open.clear()
    for _ in range(2 * BUDGET // len(BIG)):
        outlet.tell(Encoded(BIG, "message"))
    await asyncio.sleep(0)
    assert outlet.closed
    assert outlet.pending() <= BUDGET + len(BIG) + 10
    if isinstance(outlet, DirectOutlet):
        assert network.closed == (1013, "too slow")


async def test_an_asgi_socket_that_is_too_slow_is_closed_once_its_frame_is_gone(
    network: Network,
) -> None:
    outlet = AsgiOutlet(network.send)
    network.open.clear()
    while not outlet.closed:
        outlet.tell(Encoded(BIG, "message"))
    await let_through(network)
    await outlet.finished()
    assert network.closed == (CLOSE_TRY_LATER, "too slow")


async def test_what_a_socket_asked_for_does_not_count_against_it(
    outlet: Outlet, network: Network
) -> None:
    network.open.clear()
    outlet.reply(Heads(cursor="y" * (2 * BUDGET)))
    outlet.tell(Encoded("and then", "message"))
    assert not outlet.closed
    waiting = asyncio.create_task(outlet.drained())
    await asyncio.sleep(0)
    assert not waiting.done(), "the next request waits"
    await let_through(network)
    await waiting
    assert network.sent[-1] == "and then"


async def test_of_two_notices_about_one_person_the_newer_is_kept(
    outlet: Outlet, network: Network
) -> None:
    network.open.clear()
    outlet.tell(Encoded("first", "message"))
    for n in range(10):
        outlet.hint(("room", "ann"), Encoded(f"ann {n}", "message"))
    outlet.hint(("room", "bob"), Encoded("bob", "message"))
    outlet.tell(Encoded("second", "message"))
    await let_through(network)
    assert network.sent == ["first", "second", "ann 9", "bob"]


async def test_notices_are_dropped_before_anything_else(outlet: Outlet, network: Network) -> None:
    network.open.clear()
    outlet.tell(Encoded("first", "message"))
    for n in range(2 * EPHEMERAL_LIMIT):
        outlet.hint(n, Encoded("typing", "message"))
    await let_through(network)
    assert network.sent.count("typing") == EPHEMERAL_LIMIT
    assert not outlet.closed


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("error", [ConnectionResetError, RuntimeError])
async def test_a_send_that_fails_ends_this_socket_only(
    network: Network, at: int, error: type[Exception]
) -> None:
    calls = 0

    async def fail(message: MutableMapping[str, Any]) -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            raise error
        await network.send(message)

    outlet, healthy = AsgiOutlet(fail), AsgiOutlet(network.send)
    for one in (outlet, healthy) * 2:
        one.tell(Encoded("hello", "message"))
    assert outlet.closed
    assert not healthy.closed
    await outlet.finished()
    # A socket that may still be there is told to come back for what it has missed.
    assert (network.closed is not None) == (error is RuntimeError)


async def test_cancelling_what_waits_reaches_the_send() -> None:
    seen: list[type[BaseException]] = []

    async def send(_message: MutableMapping[str, Any]) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except BaseException as error:
            seen.append(type(error))
            raise

    outlet = AsgiOutlet(send)
    outlet.tell(Encoded("hello", "message"))
    sending = outlet._sending  # the only way to reach it
    assert sending
    await asyncio.sleep(0)
    sending.cancel()
    await asyncio.wait([sending])
    assert seen == [asyncio.CancelledError]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_the_wire_is_what_the_websocket_protocol_says(size: int) -> None:
    text = "x" * size
    expected = Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
    assert Encoded(text, "message").wire == expected


async def test_a_send_that_fails_after_waiting_ends_the_socket_too(network: Network) -> None:
    async def fail(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "websocket.send":
            await network.open.wait()
            raise RuntimeError
        await network.send(message)

    outlet = AsgiOutlet(fail)
    network.open.clear()
    outlet.tell(Encoded("hello", "message"))
    network.open.set()
    await let_through(network)
    await outlet.finished()
    assert outlet.closed
    assert network.closed == (CLOSE_TRY_LATER, "")


async def test_heads_and_other_hints_do_not_widen_a_slow_sockets_budget(
    outlet: Outlet, network: Network
) -> None:
    network.open.clear()
    outlet.tell(Encoded(BIG, "message"))
    for _ in range(3 * BUDGET // len(BIG)):
        outlet.hint("heads", Encoded("{}", "heads"))
        outlet.tell(Encoded(BIG, "message"))
    assert outlet.closed
