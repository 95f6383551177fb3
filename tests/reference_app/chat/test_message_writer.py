"""Storing waits for publishing that falls behind, but not for a channel layer that hangs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers, get_channel_layer

from reference_app.accounts.models import User
from reference_app.chat import message_writer
from reference_app.chat.fanout import publish_queue
from reference_app.chat.fanout.hub import open_hub
from reference_app.chat.message_writer import MessageWriter
from reference_app.chat.models import Message
from reference_app.chat.records.draft import Draft
from tests.builders import person, room

pytestmark = pytest.mark.django_db(transaction=True)


class Gated(InMemoryChannelLayer):  # type: ignore[misc]
    """A layer that sends nothing before its gate is opened."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.gate = asyncio.Event()
        self.sent: list[tuple[str, int]] = []

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self.gate.wait()
        self.sent.append((group, message["seq"]))


@pytest.fixture
async def layer(settings: Any) -> AsyncIterator[Gated]:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.Gated"}}
    channel_layers.backends.clear()
    made = get_channel_layer()
    assert isinstance(made, Gated)
    hub = open_hub(made, lambda _members: None)
    yield made
    await hub.close()
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


async def test_messages_of_a_conversation_are_published_in_their_order(
    layer: Gated, ann: User, rooms: list[int]
) -> None:
    layer.gate.set()
    writing = MessageWriter()
    drafts = [Draft(ann, id_, uuid4(), "hello") for _ in range(3) for id_ in rooms]
    await asyncio.gather(*map(writing.submit, drafts))

    async def all_published() -> bool:
        return len(layer.sent) == len(drafts)

    await until(all_published)
    for id_ in rooms:
        seqs = [seq for group, seq in layer.sent if group == f"conversation.{id_}"]
        assert seqs == sorted(seqs)


@pytest.mark.parametrize("time_limit", [60.0, 0.05])
async def test_storing_waits_for_publishing_but_not_for_a_layer_that_hangs(
    layer: Gated, ann: User, rooms: list[int], monkeypatch: pytest.MonkeyPatch, time_limit: float
) -> None:
    monkeypatch.setattr(MessageWriter, "max_batch", 2)
    monkeypatch.setattr(message_writer, "MAX_UNPUBLISHED", 3)
    monkeypatch.setattr(message_writer, "PUBLISH_TIMEOUT_SECONDS", time_limit)
    monkeypatch.setattr(publish_queue, "PUBLISH_TIMEOUT_SECONDS", time_limit)
    monkeypatch.setattr(publish_queue, "MAX_BATCH", 1)
    writing = MessageWriter()
    drafts = [Draft(ann, rooms[0], uuid4(), "hello") for _ in range(20)]
    storing = asyncio.gather(*map(writing.submit, drafts))
    if time_limit < 1:
        await asyncio.wait_for(storing, 15)  # though nothing is published
    else:

        async def some_are_stored() -> bool:
            return await Message.objects.acount() >= 6

        await until(some_are_stored)
        await asyncio.sleep(0.2)
        assert await Message.objects.acount() < len(drafts), "the others wait for publishing"
    layer.gate.set()
    await asyncio.wait_for(storing, 15)
    assert await Message.objects.acount() == len(drafts)
