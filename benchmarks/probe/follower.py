"""A page that comes back when it is told to, or cut off, and keeps to the rules of the protocol."""

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
"""Seconds until a page that was refused or cut off tries again, as the site's own does."""


class Follower:
    """Somebody's page, opened anew each time by ``open_page``; what it saw and was told.

    ``seen`` has the seqs of the room in the order in which they came, ``messages`` the client
    ids of the messages among them; what was read from the history counts as what was pushed.
    ``away`` has the seconds of each absence, from the close of a socket to the next welcome.
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
        """Be there until cancelled."""
        while True:
            try:
                await self._visit(self._open_page())
            except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                self.refused += 1
                await asyncio.sleep(random.uniform(*BACK_OFF))  # noqa: S311 - jitter

    async def say(self, text: str) -> UUID:
        """Write a message, again until it is acknowledged; return its client id."""
        client_id = uuid4()
        self.unacknowledged[str(client_id)] = text
        with contextlib.suppress(ConnectionClosed):
            if self._page:
                await self._page.say(text, str(client_id))
        return client_id

    async def caught_up(self, sent: int) -> None:
        """Wait until everything has been seen, and all of one's own acknowledged."""
        while len(self.seen) < sent or self.unacknowledged:  # noqa: ASYNC110 - two conditions
            await asyncio.sleep(0.1)

    async def _visit(self, page: Page) -> None:
        async with page:
            self._page, self._syncing = page, False
            if self._left:
                self.away.append(time.monotonic() - self._left)
                self._left = 0.0
            if not self._room:
                # Of the room everything is wanted, from its first message on.
                self._room = page.room
                self._inbox.positions[page.room] = protocol.Position(epoch=1, seq=0)
            with contextlib.suppress(ConnectionClosed):
                await self._sync()
                for client_id, unsent in list(self.unacknowledged.items()):
                    await page.say(unsent, client_id)
                self.is_there.set()
                async for frame in page.socket:
                    await self._take(protocol.server_frames.validate_json(frame))
        self.is_there.clear()
        self._left = time.monotonic()
        assert page.socket.close_code
        self.codes.append(page.socket.close_code)
        hint = retry_after(page.socket.close_reason or "")
        jitter = random.uniform(*BACK_OFF)  # noqa: S311 - jitter
        await asyncio.sleep(jitter if hint is None else hint / 1000)
        self.came_back += 1

    async def _sync(self) -> None:
        assert self._page
        if not self._syncing:
            self._syncing = True
            await self._page.write(type="sync", cursor=self._inbox.cursor)

    async def _take(self, frame: protocol.ServerFrame) -> None:
        match frame:
            case protocol.MessageEvent() | protocol.ReadEvent():
                before = self._inbox.cursor
                if self._inbox.take(frame):
                    await self._sync()
                elif self._inbox.cursor != before:
                    self._note(frame)
            case protocol.Changes():
                self._syncing = False
                await self._begin_afresh(frame)
                for event in self._inbox.catch_up(frame):
                    self._note(event)
            case protocol.Ack():
                self.unacknowledged.pop(str(UUID(str(frame.client_id))), None)
            case protocol.Heads() if self._inbox.is_behind(frame):
                await self._sync()
            case protocol.Failure() if frame.code is protocol.ErrorCode.UNAVAILABLE:
                await asyncio.sleep(random.uniform(*BACK_OFF))  # noqa: S311 - jitter
                if frame.client_id and (text := self.unacknowledged.get(str(frame.client_id))):
                    assert self._page
                    await self._page.say(text, str(frame.client_id))

    async def _begin_afresh(self, changes: protocol.Changes) -> None:
        """Read from the history what is too much to be told one by one, as a page does.

        Before the position moves: if it cannot be read, the next ``sync`` says the same.
        """
        assert self._page
        for state in changes.reset:
            if state.id == self._room:
                after = self._inbox.positions[self._room].seq
                for message in await self._page.history(after, state.seq):
                    self._note(message)

    def _note(self, event: protocol.Event) -> None:
        if event.conversation == self._room:
            self.seen.append(event.seq)
            if isinstance(event, protocol.MessageEvent):
                self.messages.append(event.client_id)
