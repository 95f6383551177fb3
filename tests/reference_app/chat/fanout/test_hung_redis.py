"""A Redis server that hangs: it accepts bytes and answers nothing (SIGSTOP)."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from benchmarks.probe.page import Page, http_of
from reference_app.serving import commands
from tests.served import Site, served

MESSAGES = 10


@pytest.fixture(params=["pubsub", "core"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    with served(tuned, tmp_path, 3, processes=2, CHANNEL_LAYER=request.param) as found:
        yield found


def tuned(host: str, port: int) -> list[str]:
    return commands.tuned_daphne(host, port, None)


@contextmanager
def hung(site: Site) -> Iterator[None]:
    """Stop the site's Valkey until the context ends."""
    os.kill(site.valkey.child.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(site.valkey.child.pid, signal.SIGCONT)


async def say_and_type(page: Page, text: str) -> None:
    """Do what a page does for each message: type, read, send; return when it is stored."""
    await page.write(type="typing", conversation=page.room, active=True)
    await page.write(type="read", conversation=page.room, upto=1)
    await page.say(text, str(uuid4()))
    await page.next_of("ack")


async def texts(page: Page, count: int) -> list[str]:
    return [(await page.next_of("message"))["text"] for _ in range(count)]


async def test_people_of_one_process_chat_on_and_others_receive_all_of_it_afterwards(
    site: Site,
) -> None:
    said = [f"message {n}" for n in range(MESSAGES)]
    async with site.page(0) as ann, site.page(1) as bob, site.page(2, process=1) as elsewhere:
        await say_and_type(ann, "before")
        assert await texts(bob, 1) == await texts(elsewhere, 1) == ["before"]
        with hung(site):
            for text in said:
                await say_and_type(ann, text)
                assert await texts(bob, 1) == [text]
        assert await texts(elsewhere, MESSAGES) == said


async def test_a_request_is_answered_and_its_message_reaches_sockets_of_its_process(
    site: Site,
) -> None:
    async with site.page(1) as bob, http_of(site.url, site.cookies[0]) as ann:
        path = f"/api/conversations/{site.room}/messages"
        token = "t" * 32  # Django compares a cookie with a header: a client may choose both
        ann.cookies["csrftoken"] = token
        headers = {"X-CSRFToken": token, "Referer": site.url}
        with hung(site):
            for n in range(3):
                body = {"client_id": str(uuid4()), "text": f"message {n}"}
                answer = await ann.post(path, json=body, headers=headers)
                assert answer.is_success, answer.text
                assert await texts(bob, 1) == [f"message {n}"]


async def test_a_new_socket_is_welcomed_and_receives_what_its_process_publishes(
    site: Site,
) -> None:
    async with site.page(0) as ann:
        with hung(site):
            async with site.page(1) as bob:
                await say_and_type(ann, "hello")
                assert await texts(bob, 1) == ["hello"]


async def test_a_socket_opened_meanwhile_receives_messages_of_other_processes_afterwards(
    site: Site,
) -> None:
    async with AsyncExitStack() as open_pages:
        ann = await open_pages.enter_async_context(site.page(0))
        with hung(site):
            bob = await open_pages.enter_async_context(site.page(1, process=1))
        await bob.next_of("heads")  # its groups are joined now
        await say_and_type(ann, "hello")
        assert await texts(bob, 1) == ["hello"]


async def test_plain_consumers_acknowledge_though_nothing_is_delivered(tmp_path: Path) -> None:
    with served(tuned, tmp_path, FAWRAN_FANOUT="socket", CHANNEL_LAYER="core") as site:
        async with site.page(0) as ann, site.page(1) as bob:
            with hung(site):
                for n in range(MESSAGES):
                    await say_and_type(ann, f"message {n}")
            received = asyncio.create_task(bob.next_of("message"))
            while not received.done():
                await say_and_type(ann, "afterwards")
                await asyncio.wait([received], timeout=0.2)
            assert received.result()["text"] == "afterwards"
