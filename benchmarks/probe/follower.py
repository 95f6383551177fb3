"""A simulated page that follows the protocol and reconnects after every closed socket."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from uuid import UUID, uuid4

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from benchmarks.generator.inbox import Inbox
from benchmarks.probe.page import Page
from reference_app import protocol
from reference_app.protocol import retry_after

BACK_OFF = (0.1, 0.6)
"""Range of seconds until a refused or disconnected page retries, as the site's own page does."""


class Follower:
    """A user's page that is opened again after each disconnect, and what it received.

    ``open_page`` opens the page. ``seen`` has the seqs of the room in order of arrival, and
    ``messages`` the client ids of the messages among them. Events that were read from the
    history count like pushed events. ``away`` has the seconds of each absence, from the close
    of a socket to the next welcome.
    """

    def __init__(self, open_page: Callable[[], Page]) -> None:
        self._open_page = open_page
        self.seen: list[int] = []
        self.messages: list[UUID] = []
        self.came_back = 0
        self.refused = 0
        self.codes: list[int] = []
        self.away: list[float] = []
        self.unacknowledged: dict[str, str] = {}
        self.is_there = asyncio.Event()
        self._page: Page | None = None
        self._left = 0.0
        self._room = 0
        self._inbox = Inbox()
        self._syncing = False

    async def live(self) -> None:
        """Keep the page open until cancelled, and reopen it after each disconnect."""
        while True:
            try:
                await self._visit(self._open_page())
            except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                self.refused += 1
                await asyncio.sleep(random.uniform(*BACK_OFF))  # noqa: S311 - jitter

    async def say(self, text: str) -> UUID:
        """Send a message and return its client id; it is resent until it is acknowledged."""
        client_id = uuid4()
        self.unacknowledged[str(client_id)] = text
        with contextlib.suppress(ConnectionClosed):
            if self._page:
                await self._page.say(text, str(client_id))
        return client_id

    async def caught_up(self, sent: int) -> None:
        """Wait until ``sent`` events were seen, and all own messages are acknowledged."""
        while len(self.seen) < sent or self.unacknowledged:  # noqa: ASYNC110 - two conditions
            await asyncio.sleep(0.1)

    async def _visit(self, page: Page) -> None:
        """Open the page and handle its frames until the socket closes, and then back off."""
        async with page:
            self._page, self._syncing = page, False
            if self._left:
                self.away.append(time.monotonic() - self._left)
                self._left = 0.0
            if not self._room:
                # Start before the first message of the room, to receive all of them.
                self._room = page.room
                self._inbox.positions[page.room] = protocol.Position(epoch=1, seq=0)
            with contextlib.suppress(ConnectionClosed):
                await self._sync()
                for client_id, text in list(self.unacknowledged.items()):
                    await page.say(text, client_id)
                self.is_there.set()
                async for frame in page.socket:
                    await self._handle(protocol.server_frames.validate_json(frame))
        self.is_there.clear()
        self._left = time.monotonic()
        assert page.socket.close_code
        self.codes.append(page.socket.close_code)
        hint_ms = retry_after(page.socket.close_reason or "")
        jitter = random.uniform(*BACK_OFF)  # noqa: S311 - jitter
        await asyncio.sleep(jitter if hint_ms is None else hint_ms / 1000)
        self.came_back += 1

    async def _sync(self) -> None:
        assert self._page
        if not self._syncing:
            self._syncing = True
            await self._page.write(type="sync", cursor=self._inbox.cursor)

    async def _handle(self, frame: protocol.ServerFrame) -> None:
        match frame:
            case protocol.MessageEvent() | protocol.ReadEvent():
                before = self._inbox.cursor
                if self._inbox.take(frame):
                    await self._sync()
                elif self._inbox.cursor != before:
                    self._record(frame)
            case protocol.Changes():
                self._syncing = False
                await self._read_history(frame)
                for event in self._inbox.catch_up(frame):
                    self._record(event)
            case protocol.Ack():
                self.unacknowledged.pop(str(UUID(str(frame.client_id))), None)
            case protocol.Heads() if self._inbox.is_behind(frame):
                await self._sync()
            case protocol.Failure() if frame.code is protocol.ErrorCode.UNAVAILABLE:
                await asyncio.sleep(random.uniform(*BACK_OFF))  # noqa: S311 - jitter
                if frame.client_id and (text := self.unacknowledged.get(str(frame.client_id))):
                    assert self._page
                    await self._page.say(text, str(frame.client_id))

    async def _read_history(self, changes: protocol.Changes) -> None:
        """Read from the history the messages of a conversation that ``sync`` has reset.

        ``sync`` resets it if there are too many messages to send them one by one; the page reads
        the history too. This happens before the position moves: if the history cannot be read,
        the next ``sync`` has the same answer.
        """
        assert self._page
        for state in changes.reset:
            if state.id == self._room:
                after = self._inbox.positions[self._room].seq
                for message in await self._page.history(after, state.seq):
                    self._record(message)

    def _record(self, event: protocol.Event) -> None:
        if event.conversation == self._room:
            self.seen.append(event.seq)
            if isinstance(event, protocol.MessageEvent):
                self.messages.append(event.client_id)
