"""Two people on two processes; FAWRAN_TARGET_SOCKETS is the command that tells them apart."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

from benchmarks.probe.page import Page
from tests.deploy.target import PAGES, Account, Target


async def test_two_people_on_different_processes_hear_each_other(
    target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "On two processes")
    async with AsyncExitStack() as open_pages:

        async def settled() -> dict[str, int]:
            """Return how many sockets each holds; a health check opens one for a moment."""
            seen = await target.sockets_of_each()
            while (again := await target.sockets_of_each()) != seen:
                seen = again
            return seen

        async def opened(account: Account) -> tuple[Page, str]:
            """Open a page; return it, and the process that holds one socket more."""
            before = await settled()
            page = await open_pages.enter_async_context(target.page(account, room))
            after = await settled()
            (process,) = [name for name in after if after[name] == before[name] + 1]
            assert sum(after.values()) == sum(before.values()) + 1, "somebody else has come too"
            return page, process

        one, first = await opened(accounts[0])
        for _ in range(PAGES):
            other, second = await opened(accounts[1])
            if second != first:
                break
        assert second != first, "all pages are on one process"
        for writer, reader, account in ((one, other, accounts[0]), (other, one, accounts[1])):
            await writer.write(type="typing", conversation=room, active=True)
            await hears(reader, "typing", lambda frame: frame["person"]["id"] == account.me.id)  # noqa: B023
            text = f"from {account.me.username}"
            await writer.say(text, str(uuid4()))
            await hears(reader, "message", lambda frame: frame["text"] == text)  # noqa: B023


async def hears(page: Page, kind: str, wanted: Callable[[dict[str, Any]], bool]) -> None:
    """Wait for a frame; a page hears what its own person does, too."""
    while not wanted(await page.next_of(kind)):
        pass
