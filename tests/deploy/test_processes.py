"""Tests two people on two processes. FAWRAN_TARGET_SOCKETS counts the sockets of each process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any
from uuid import uuid4

from benchmarks.probe.page import Page
from tests.deploy.target import PAGES, Account, Target


async def test_two_people_on_different_processes_receive_each_others_messages(
    target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "On two processes")
    async with AsyncExitStack() as open_pages:

        async def stable_counts() -> dict[str, int]:
            """Return the counts once two readings agree: health checks open sockets briefly."""
            seen = await target.sockets_per_process()
            while (again := await target.sockets_per_process()) != seen:
                seen = again
            return seen

        async def opened(account: Account) -> tuple[Page, str]:
            """Open a page; return it, and the process that now holds one more socket."""
            before = await stable_counts()
            page = await open_pages.enter_async_context(target.page(account, room))
            after = await stable_counts()
            (process,) = [name for name in after if after[name] == before[name] + 1]
            assert sum(after.values()) == sum(before.values()) + 1, "another page was opened too"
            return page, process

        one, first = await opened(accounts[0])
        for _ in range(PAGES):
            other, second = await opened(accounts[1])
            if second != first:
                break
        assert second != first, "all pages are on one process"
        for writer, reader, account in ((one, other, accounts[0]), (other, one, accounts[1])):
            await writer.write(type="typing", conversation=room, active=True)
            await wait_for_frame(reader, "typing", partial(is_typing_of, account))
            text = f"from {account.me.username}"
            await writer.say(text, str(uuid4()))
            await wait_for_frame(reader, "message", partial(has_text, text))


def is_typing_of(account: Account, frame: dict[str, Any]) -> bool:
    return bool(frame["person"]["id"] == account.me.id)


def has_text(text: str, frame: dict[str, Any]) -> bool:
    return bool(frame["text"] == text)


async def wait_for_frame(page: Page, kind: str, matches: Callable[[dict[str, Any]], bool]) -> None:
    """Wait for a matching frame: a page also receives frames about its own person."""
    while not matches(await page.next_of(kind)):
        pass
