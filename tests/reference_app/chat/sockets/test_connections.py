"""The open sockets of a process: work that a request starts for them outlives the request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels_redis.pubsub import RedisPubSubChannelLayer

from reference_app.accounts.models import User
from reference_app.accounts.sessions import Visitor
from reference_app.chat.fanout.send_buffers import send_buffer_for
from reference_app.chat.queries.heads import SubscriptionState
from reference_app.chat.sockets import connections
from reference_app.chat.sockets.connections import Connection, ConnectionRegistry, Refreshed
from reference_app.protocol import Position


class Recording(ConnectionRegistry):
    """A registry that refreshes once ``may_begin`` is set; ``outcome`` is the result."""

    def __init__(self) -> None:
        super().__init__()
        self.may_begin = asyncio.Event()
        self.outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def _refresh(self, _connections: Sequence[Connection]) -> None:
        await self.may_begin.wait()
        try:
            self.outcome.set_result(await sync_to_async(lambda: "looked up")())
        except RuntimeError as error:
            self.outcome.set_exception(error)


async def test_sockets_are_refreshed_after_the_request_that_caused_it_has_ended() -> None:
    registry = Recording()

    async def publish() -> None:
        registry.refresh_soon([])

    # As a view does: it runs in a thread, and publishes on the event loop.
    await sync_to_async(async_to_sync(publish))()
    registry.may_begin.set()
    assert await asyncio.wait_for(registry.outcome, 15) == "looked up"
    await registry.close()


@pytest.mark.django_db(transaction=True)
async def test_each_socket_receives_its_heads_although_no_group_can_be_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = f"unix://{tmp_path}/nothing-listens-here"
    monkeypatch.setattr(
        connections, "get_channel_layer", lambda: RedisPubSubChannelLayer(hosts=[nowhere])
    )
    visitors = [Visitor(User(pk=n, username=f"user{n}"), f"session {n}", "") for n in (1, 2, 3)]
    state = SubscriptionState(heads={7: Position(epoch=1, seq=4)})
    found = Refreshed(
        signed_in={one.session: one.user for one in visitors},
        subscriptions={one.user.pk: state for one in visitors},
    )
    monkeypatch.setattr(connections, "_load", lambda _visitors: found)
    sent: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
    registry = ConnectionRegistry()
    registry.refresh_soon(
        [Connection(one, send_buffer_for({}, sent.put), registry) for one in visitors]
    )
    for _ in visitors:
        frame = json.loads((await asyncio.wait_for(sent.get(), 10))["text"])
        assert (frame["type"], frame["cursor"]) == ("heads", "7.1.4")
    await registry.close()
