"""Storing and telling: the one must not run away from the other, nor wait for it for ever."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers, get_channel_layer

from reference_app.accounts.models import User
from reference_app.chat import writer
from reference_app.chat.models import Message
from reference_app.chat.store import Draft
from reference_app.chat.writer import Writer
from tests.builders import person, room

pytestmark = pytest.mark.django_db(transaction=True)


class Gated(InMemoryChannelLayer):  # type: ignore[misc]
    """A layer that sends nothing before it is let, and notes what waits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.gate = asyncio.Event()
        self.waiting: Counter[str] = Counter()
        self.sent: list[tuple[str, int]] = []

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.waiting[group] += 1
        await self.gate.wait()
        self.sent.append((group, message["seq"]))


@pytest.fixture
async def layer(settings: Any) -> AsyncIterator[Gated]:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.Gated"}}
    channel_layers.backends.clear()
    made = get_channel_layer()
    assert isinstance(made, Gated)
    yield made
    channel_layers.backends.clear()


@pytest.fixture
def ann() -> User:
    return person("ann")


@pytest.fixture
def rooms(ann: User) -> list[int]:
    return [room(ann, person()), room(ann, person())]


async def until(condition: Any) -> None:
    async with asyncio.timeout(15):
        while not await condition():  # noqa: ASYNC110 - of another thread's database
            await asyncio.sleep(0.02)


async def test_conversations_are_told_side_by_side_and_each_in_order(
    layer: Gated, ann: User, rooms: list[int]
) -> None:
    writing = Writer()
    drafts = [Draft(ann, id_, uuid4(), "hello") for _ in range(3) for id_ in rooms]
    await asyncio.gather(*map(writing.append, drafts))

    async def both_wait() -> bool:
        return len(layer.waiting) == len(rooms)

    await until(both_wait)
    assert set(layer.waiting.values()) == {1}, "of one conversation one is on its way at a time"
    layer.gate.set()

    async def all_told() -> bool:
        return len(layer.sent) == len(drafts)

    await until(all_told)
    for id_ in rooms:
        seqs = [seq for group, seq in layer.sent if group == f"conversation.{id_}"]
        assert seqs == sorted(seqs)


@pytest.mark.parametrize("patience", [60.0, 0.05])
async def test_storing_waits_for_telling_but_not_for_a_layer_that_hangs(
    layer: Gated, ann: User, rooms: list[int], monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    monkeypatch.setattr(writer, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(writer, "MOST_UNTOLD", 3)
    monkeypatch.setattr(writer, "TELLING_PATIENCE", patience)
    writing = Writer()
    drafts = [Draft(ann, rooms[0], uuid4(), "hello") for _ in range(20)]
    storing = asyncio.gather(*map(writing.append, drafts))
    if patience < 1:
        await asyncio.wait_for(storing, 15)  # though nothing is told
    else:

        async def some_are_stored() -> bool:
            return await Message.objects.acount() >= 6

        await until(some_are_stored)
        await asyncio.sleep(0.2)
        assert await Message.objects.acount() < len(drafts), "the others wait for the telling"
    layer.gate.set()
    await asyncio.wait_for(storing, 15)
    assert await Message.objects.acount() == len(drafts)
