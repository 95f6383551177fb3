"""The open sockets of a process: work that a request starts for them outlives the request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from asgiref.sync import async_to_sync, sync_to_async

from reference_app.chat.sockets.connections import Connection, ConnectionRegistry


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
