"""Send buffers: frames leave in order, within a budget, whatever the server's `send` does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from reference_app.chat.fanout.send_buffers import (
    BUDGET_BYTES,
    MAX_EPHEMERAL,
    AsgiSendBuffer,
    DirectSendBuffer,
    EncodedFrame,
    SendBuffer,
)
from reference_app.protocol import CLOSE_TRY_LATER, Heads

BIG = "x" * 100_000


class Network:
    """A connection that accepts data at once, or only when it is opened."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.closed: tuple[int, str] | None = None
        self.open = asyncio.Event()
        self.open.set()

    # As the `send` of a server.
    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "websocket.close":
            self.closed = (message["code"], message["reason"])
            return
        await self.open.wait()
        self.sent.append(message["text"])

    # As a DirectSocket.
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
def buffer(request: pytest.FixtureRequest, network: Network) -> SendBuffer:
    return AsgiSendBuffer(network.send) if request.param == "asgi" else DirectSendBuffer(network)


async def let_through(network: Network) -> None:
    network.drain()
    for _ in range(50):
        await asyncio.sleep(0)


async def test_frames_are_sent_at_once_while_the_network_accepts_them(
    buffer: SendBuffer, network: Network
) -> None:
    before = asyncio.all_tasks()
    for n in range(100):
        buffer.send_durable(EncodedFrame(str(n), "message"))
    assert network.sent == [str(n) for n in range(100)]
    assert asyncio.all_tasks() == before, "no task for a frame that need not wait"


async def test_buffered_frames_keep_their_order(buffer: SendBuffer, network: Network) -> None:
    network.open.clear()
    for n in range(100):
        buffer.send_durable(EncodedFrame(str(n), "message"))
    assert network.sent == []
    await let_through(network)
    buffer.send_durable(EncodedFrame("last", "message"))
    assert network.sent == [*map(str, range(100)), "last"]


async def test_a_socket_over_its_budget_is_closed_and_buffers_no_more(
    buffer: SendBuffer, network: Network
) -> None:
    network.open.clear()
    for _ in range(2 * BUDGET_BYTES // len(BIG)):
        buffer.send_durable(EncodedFrame(BIG, "message"))
    await asyncio.sleep(0)
    assert buffer.closed
    assert buffer.pending() <= BUDGET_BYTES + len(BIG) + 10
    if isinstance(buffer, DirectSendBuffer):
        assert network.closed == (1013, "too slow")


async def test_an_asgi_socket_that_is_too_slow_is_closed_once_its_frame_is_sent(
    network: Network,
) -> None:
    buffer = AsgiSendBuffer(network.send)
    network.open.clear()
    while not buffer.closed:
        buffer.send_durable(EncodedFrame(BIG, "message"))
    await let_through(network)
    await buffer.wait_closed()
    assert network.closed == (CLOSE_TRY_LATER, "too slow")


async def test_replies_do_not_count_against_the_budget(
    buffer: SendBuffer, network: Network
) -> None:
    network.open.clear()
    buffer.reply(Heads(cursor="y" * (2 * BUDGET_BYTES)))
    buffer.send_durable(EncodedFrame("and then", "message"))
    assert not buffer.closed
    waiting = asyncio.create_task(buffer.wait_drained())
    await asyncio.sleep(0)
    assert not waiting.done(), "the next request waits"
    await let_through(network)
    await waiting
    assert network.sent[-1] == "and then"


async def test_of_ephemeral_frames_with_the_same_key_the_newest_is_kept(
    buffer: SendBuffer, network: Network
) -> None:
    network.open.clear()
    buffer.send_durable(EncodedFrame("first", "message"))
    for n in range(10):
        buffer.send_ephemeral(("room", "ann"), EncodedFrame(f"ann {n}", "message"))
    buffer.send_ephemeral(("room", "bob"), EncodedFrame("bob", "message"))
    buffer.send_durable(EncodedFrame("second", "message"))
    await let_through(network)
    assert network.sent == ["first", "second", "ann 9", "bob"]


async def test_ephemeral_frames_are_dropped_first(buffer: SendBuffer, network: Network) -> None:
    network.open.clear()
    buffer.send_durable(EncodedFrame("first", "message"))
    for n in range(2 * MAX_EPHEMERAL):
        buffer.send_ephemeral(n, EncodedFrame("typing", "message"))
    await let_through(network)
    assert network.sent.count("typing") == MAX_EPHEMERAL
    assert not buffer.closed


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("error", [ConnectionResetError, RuntimeError])
async def test_a_send_that_fails_closes_this_socket_only(
    network: Network, at: int, error: type[Exception]
) -> None:
    calls = 0

    async def fail(message: MutableMapping[str, Any]) -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            raise error
        await network.send(message)

    buffer, healthy = AsgiSendBuffer(fail), AsgiSendBuffer(network.send)
    for one in (buffer, healthy) * 2:
        one.send_durable(EncodedFrame("hello", "message"))
    assert buffer.closed
    assert not healthy.closed
    await buffer.wait_closed()
    # A client that may still be connected is asked to come back for what it has missed.
    assert (network.closed is not None) == (error is RuntimeError)


async def test_cancelling_a_waiting_frame_cancels_the_send() -> None:
    seen: list[type[BaseException]] = []

    async def send(_message: MutableMapping[str, Any]) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except BaseException as error:
            seen.append(type(error))
            raise

    buffer = AsgiSendBuffer(send)
    buffer.send_durable(EncodedFrame("hello", "message"))
    sending = buffer._sending  # the only way to reach it
    assert sending
    await asyncio.sleep(0)
    sending.cancel()
    await asyncio.wait([sending])
    assert seen == [asyncio.CancelledError]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_an_encoded_frame_follows_the_websocket_protocol(size: int) -> None:
    text = "x" * size
    expected = Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
    assert EncodedFrame(text, "message").wire == expected


async def test_a_send_that_fails_after_waiting_closes_the_socket_too(network: Network) -> None:
    async def fail(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "websocket.send":
            await network.open.wait()
            raise RuntimeError
        await network.send(message)

    buffer = AsgiSendBuffer(fail)
    network.open.clear()
    buffer.send_durable(EncodedFrame("hello", "message"))
    network.open.set()
    await let_through(network)
    await buffer.wait_closed()
    assert buffer.closed
    assert network.closed == (CLOSE_TRY_LATER, "")


async def test_heads_and_other_ephemeral_frames_do_not_raise_the_budget(
    buffer: SendBuffer, network: Network
) -> None:
    network.open.clear()
    buffer.send_durable(EncodedFrame(BIG, "message"))
    for _ in range(3 * BUDGET_BYTES // len(BIG)):
        buffer.send_ephemeral("heads", EncodedFrame("{}", "heads"))
        buffer.send_durable(EncodedFrame(BIG, "message"))
    assert buffer.closed
