"""Tests of the chat between two people, whose pages the proxy distributes over the processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from websockets.exceptions import InvalidStatus

from benchmarks.probe.page import Page
from reference_app.protocol import CLOSE_UNAUTHENTICATED
from reference_app.runtime.environment import ROOT
from tests.deploy.target import PAGES, Account, Target


async def test_every_page_receives_every_message_once_whatever_its_process(
    target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "On all processes")
    sent = [(accounts[turn % 2], f"message {turn}, مرحبا") for turn in range(PAGES * 2)]
    async with AsyncExitStack() as open_pages:
        pages = [
            await open_pages.enter_async_context(target.page(account, room))
            for _ in range(PAGES)
            for account in accounts
        ]
        for page, (_account, text) in zip(pages, sent, strict=True):
            await page.say(text, str(uuid4()))
        for page in pages:
            received = [await page.next_of("message") for _ in sent]
            assert [frame["seq"] for frame in received] == list(range(1, len(sent) + 1))
            assert sorted(frame["text"] for frame in received) == sorted(text for _, text in sent)


async def test_typing_is_shown_on_every_page_of_the_other_person(
    target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "Typing")
    async with AsyncExitStack() as open_pages:
        writer = await open_pages.enter_async_context(target.page(accounts[0], room))
        readers = [
            await open_pages.enter_async_context(target.page(accounts[1], room))
            for _ in range(PAGES)
        ]
        await writer.write(type="typing", conversation=room, active=True)
        for reader in readers:
            frame = await reader.next_of("typing")
            assert frame["person"]["id"] == accounts[0].me.id


async def test_a_websocket_without_a_session_is_closed_as_unauthenticated(target: Target) -> None:
    page = Page(target.site.url, "", 1)
    page.socket = await page.connecting
    assert (await page.closed())[0] == CLOSE_UNAUTHENTICATED


async def test_a_websocket_from_another_origin_is_refused(
    target: Target, accounts: list[Account]
) -> None:
    person = target.person(accounts[0])
    with pytest.raises(InvalidStatus, match="403"):
        async with person.socket(origin="https://elsewhere.example"):
            pass
    await person.http.aclose()


async def test_a_long_poll_returns_when_a_message_arrives(
    target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "Long poll")
    async with (
        target.person(accounts[1]).http as http,
        target.page(accounts[0], room) as writer,
    ):
        cursor = (await http.get("/api/sync")).json()["cursor"]
        waiting = asyncio.create_task(http.get(f"/api/sync/wait?seconds=10&cursor={cursor}"))
        await asyncio.sleep(0.5)
        await writer.say("at last", str(uuid4()))
        changes = (await waiting).json()
    assert "at last" in [event.get("text") for event in changes["events"]]


def test_check_chat_passes(target: Target, tmp_path: Path) -> None:
    users = tmp_path / "users.txt"
    users.write_text("".join(f"{name} {password}\n" for name, password in target.users))
    command = [sys.executable, "-m", "reference_app.serving.check", target.site.url]
    command += [f"--expect={group}" for group in ("websocket", "tls", "http2")]
    if target.site.insecure:
        command.append("--insecure")
    done = subprocess.run(
        [*command, "--users", str(users)],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
