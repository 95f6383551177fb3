"""Publishing to other processes: in order, within a bound, and without blocking the sender."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer

from reference_app.chat.fanout import publish_queue as module
from reference_app.chat.fanout.publish_queue import DirectPublisher, Publisher


class Layer(InMemoryChannelLayer):  # type: ignore[misc]
    """A channel layer that can be made to hang or to fail, and records what it has sent."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = asyncio.Event()
        self.answers.set()
        self.errors: list[Exception] = []
        self.begun: list[tuple[str, str]] = []
        self.sent: list[tuple[str, str]] = []
        self._change = asyncio.Event()

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.begun.append((group, message["text"]))
        self._changed()
        if self.errors:
            raise self.errors.pop()
        await self.answers.wait()
        self.sent.append((group, message["text"]))
        self._changed()

    def _changed(self) -> None:
        self._change.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds; it is checked whenever the layer is called."""
        async with asyncio.timeout(20):
            while not condition():
                self._change.clear()
                await self._change.wait()

    def texts(self, group: str) -> list[str]:
        return [text for to, text in self.sent if to == group]


@pytest.fixture
def layer() -> Layer:
    return Layer()


@pytest.fixture
async def publisher(layer: Layer) -> AsyncIterator[Publisher]:
    made = Publisher(layer)
    yield made
    await made.close()


@pytest.fixture(autouse=True)
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the time limit and the pause between attempts."""
    monkeypatch.setattr(module, "PUBLISH_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.05)


def message(text: str, kind: str = "message") -> dict[str, Any]:
    return {"type": "chat.frame", "kind": kind, "text": text}


async def test_groups_are_published_concurrently_and_each_in_order(
    publisher: Publisher, layer: Layer
) -> None:
    layer.answers.clear()
    for text in "abc":
        publisher.publish("one", message(text))
        publisher.publish("two", message(text))
    await layer.until(lambda: len(layer.begun) == 2)
    assert layer.begun == [("one", "a"), ("two", "a")]
    layer.answers.set()
    await layer.until(lambda: len(layer.sent) == 6)
    assert layer.texts("one") == layer.texts("two") == ["a", "b", "c"]


async def test_messages_queued_while_the_layer_hung_are_published_in_order_afterwards(
    publisher: Publisher, layer: Layer
) -> None:
    layer.answers.clear()
    for text in "abcd":
        publisher.publish("one", message(text))
    await layer.until(lambda: len(layer.begun) == 3)  # two attempts have timed out
    publisher.publish("one", message("e"))
    layer.answers.set()
    await layer.until(lambda: len(layer.sent) == 5)
    assert layer.texts("one") == list("abcde")


async def test_typing_is_not_queued_for_a_layer_that_hangs(
    publisher: Publisher, layer: Layer
) -> None:
    layer.answers.clear()
    publisher.publish("one", message("typing before", "typing"))
    publisher.publish("one", message("a"))
    await layer.until(lambda: len(layer.begun) == 2)
    publisher.publish("one", message("typing meanwhile", "typing"))
    layer.answers.set()
    publisher.publish("one", message("b"))
    await layer.until(lambda: len(layer.sent) == 2)
    assert layer.texts("one") == ["a", "b"]


async def test_constant_typing_takes_no_room_from_messages(
    publisher: Publisher, layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_QUEUED", 3)
    monkeypatch.setattr(module, "MAX_BATCH", 2)
    layer.answers.clear()
    publisher.publish("one", message("first"))
    await layer.until(lambda: len(layer.begun) == 1)
    publisher.publish("two", message("a"))
    for n in range(50):
        publisher.publish("one", message(f"typing {n}", "typing") | {"about": 7})
    async with asyncio.timeout(20):
        await publisher.wait_for_room()
    layer.answers.set()
    await layer.until(lambda: len(layer.sent) == 3)
    assert layer.texts("one") == ["first", "typing 49"]
    assert layer.texts("two") == ["a"]


async def test_the_oldest_messages_are_dropped_beyond_the_bound(
    publisher: Publisher, layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_QUEUED", 3)
    layer.answers.clear()
    publisher.publish("one", message("first"))
    await layer.until(lambda: len(layer.begun) == 2)
    for n in range(10):
        publisher.publish("one", message(str(n)))
    layer.answers.set()
    await layer.until(lambda: len(layer.sent) >= 3 and layer.sent[-1] == ("one", "9"))
    assert [text for text in layer.texts("one") if text != "first"] == ["7", "8", "9"]


async def test_an_error_loses_no_message(publisher: Publisher, layer: Layer) -> None:
    layer.errors = [ConnectionError("reset"), ConnectionError("refused")]
    for text in "ab":
        publisher.publish("one", message(text))
    await layer.until(lambda: len(layer.sent) == 2)
    assert layer.texts("one") == ["a", "b"]


async def test_a_message_that_cannot_be_encoded_does_not_stop_the_others(
    publisher: Publisher, layer: Layer
) -> None:
    layer.errors = [ValueError("not to be encoded")]
    for text in "ab":
        publisher.publish("one", message(text))
    await layer.until(lambda: bool(layer.sent))
    assert layer.texts("one") == ["b"]


async def test_a_pause_of_the_event_loop_is_no_hang_of_the_layer(
    publisher: Publisher, layer: Layer, caplog: pytest.LogCaptureFixture
) -> None:
    layer.answers.clear()
    publisher.publish("one", message("a"))
    await layer.until(lambda: len(layer.begun) == 1)
    asyncio.get_running_loop().call_soon(layer.answers.set)
    time.sleep(0.5)  # noqa: ASYNC251 - the pause that is tested; longer than the time limit
    await layer.until(lambda: len(layer.sent) == 1)
    assert caplog.records == []


async def test_waiting_for_room_ends_once_the_layer_hangs(
    publisher: Publisher, layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BATCH", 2)
    layer.answers.clear()
    for n in range(5):
        publisher.publish("one", message(str(n)))
    room = asyncio.create_task(publisher.wait_for_room())
    await asyncio.sleep(0)
    assert not room.done()
    async with asyncio.timeout(20):
        await room  # though nothing was published
    assert layer.sent == []


async def test_a_direct_publisher_gives_up_after_the_time_limit_and_waits_no_second_time(
    layer: Layer,
) -> None:
    direct = DirectPublisher()
    layer.answers.clear()
    await direct.publish(layer, "one", message("a"))
    await direct.publish(layer, "one", message("b"))
    assert layer.begun == [("one", "a")], "the second is not tried: the first has just failed"
