"""A rolling restart: every process is drained and started again while people chat."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from pathlib import Path
from uuid import UUID, uuid4

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from reference_app.chat import protocol
from reference_app.chat.protocol import retry_after
from reference_app.serving import commands
from reference_app.serving.processes import wait_until_served
from tests.served import Page, Site, served

PROCESSES = 4
PEOPLE = 60
WRITERS = 6
SPREAD = 1.0


class Follower:
    """A page that comes back when it is told to, and keeps to the rules of the protocol."""

    def __init__(self, site: Site, who: int) -> None:
        self._site = site
        self._who = who
        self._ports = itertools.cycle([*range(who % PROCESSES, PROCESSES), *range(who % PROCESSES)])
        self.seen: list[int] = []
        self.told_twice = 0
        self.came_back = 0
        self.codes: set[int] = set()
        self.unacknowledged: dict[str, str] = {}
        self._page: Page | None = None

    async def live(self) -> None:
        """Be there until cancelled."""
        while True:
            try:
                await self._visit(self._site.page(self._who, next(self._ports)))
            except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                await asyncio.sleep(0.05)  # that process is not there: the next one

    async def _visit(self, page: Page) -> None:
        async with page:
            self._page = page
            with contextlib.suppress(ConnectionClosed):
                await self._sync()
                for client_id, text in list(self.unacknowledged.items()):
                    await page.say(text, client_id)
                async for text in page.socket:
                    await self._take(protocol.server_frames.validate_json(text))
        assert page.socket.close_code
        self.codes.add(page.socket.close_code)
        await asyncio.sleep((retry_after(page.socket.close_reason or "") or 0) / 1000)
        self.came_back += 1

    async def say(self, text: str) -> None:
        """Write a message; it is written again until it is acknowledged."""
        client_id = str(uuid4())
        self.unacknowledged[client_id] = text
        with contextlib.suppress(ConnectionClosed):
            if self._page:
                await self._page.say(text, client_id)

    async def caught_up(self, sent: int) -> None:
        """Wait until everything has been seen, and all of one's own acknowledged."""
        while len(self.seen) < sent or self.unacknowledged:  # noqa: ASYNC110 - two conditions
            await asyncio.sleep(0.1)

    async def _sync(self) -> None:
        assert self._page
        last = self.seen[-1] if self.seen else 0
        await self._page.write(type="sync", cursor=f"{self._site.room}.1.{last}")

    async def _take(self, frame: protocol.ServerFrame) -> None:
        match frame:
            case protocol.MessageEvent():
                await self._note(frame)
            case protocol.Changes():
                for event in frame.events:
                    await self._note(event)
            case protocol.Ack():
                self.unacknowledged.pop(str(UUID(str(frame.client_id))), None)

    async def _note(self, event: protocol.Event) -> None:
        last = self.seen[-1] if self.seen else 0
        if event.seq == last + 1:
            self.seen.append(event.seq)
        elif event.seq > last:
            await self._sync()
        else:
            self.told_twice += 1  # by a replay that overlaps with what was pushed


def tuned(host: str, port: int) -> list[str]:
    return commands.tuned_daphne(host, port, None, "--drain-seconds", str(SPREAD))


async def test_nobody_misses_anything_and_nothing_is_stored_twice(tmp_path: Path) -> None:
    with served(tuned, tmp_path, PEOPLE, processes=PROCESSES) as site:
        people = [Follower(site, who) for who in range(PEOPLE)]
        lives = [asyncio.create_task(one.live()) for one in people]
        sent = 0
        chatting = True

        async def chat() -> None:
            nonlocal sent
            while chatting:
                await people[sent % WRITERS].say(f"message {sent}")
                sent += 1
                await asyncio.sleep(0.02)

        writing = asyncio.create_task(chat())
        for child, port in zip(site.children, site.ports, strict=True):
            await asyncio.to_thread(child.stop)
            assert child.returncode == 0
            child.start()
            await asyncio.to_thread(wait_until_served, child, "127.0.0.1", port, 30, tls=False)
        chatting = False
        await writing
        async with asyncio.timeout(60):
            await asyncio.gather(*(one.caught_up(sent) for one in people))
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
    assert sent > 50
    for one in people:
        assert one.seen == list(range(1, sent + 1)), "everything, once, in order"
        assert one.came_back >= 1
        assert 1012 in one.codes
