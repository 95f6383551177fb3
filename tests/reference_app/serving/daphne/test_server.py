"""The tuned Daphne as a process: what it sends, and how it ends."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from benchmarks.probe.page import Page
from reference_app.serving import commands
from reference_app.serving.certificate import self_signed
from reference_app.serving.daphne.seams import missing_seams
from reference_app.serving.processes import Child
from tests.launch import run_serving, user_environment
from tests.served import Command, Site, served, wait_for_end


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with served(command("--drain-seconds", "1", "--drain-notice", "0.5"), tmp_path, 10) as found:
        yield found


def command(*options: str) -> Command:
    return lambda host, port: commands.tuned_daphne(host, port, None, *options)


def send_sigterm(child: Child) -> None:
    """Send SIGTERM; unlike ``Child.stop``, do not wait, so that it can be sent again."""
    os.kill(child.pid, signal.SIGTERM)


async def test_people_chat_and_each_message_comes_once_in_order(site: Site) -> None:
    async with site.page(0) as ann, site.page(1) as bob:
        for n in range(50):
            await ann.say(f"message {n}", str(uuid4()))
        assert [(await bob.next_of("message"))["seq"] for _ in range(50)] == list(range(1, 51))


@pytest.mark.long
@pytest.mark.parametrize(
    ("options", "tls"),
    [((), False), ((), True), (("--no-write-through",), False), (("--uvloop",), False)],
)
async def test_long_answers_arrive_whole_though_they_are_read_late(
    options: tuple[str, ...], tls: bool, tmp_path: Path
) -> None:
    certificate = self_signed(tmp_path) if tls else None

    def make(host: str, port: int) -> list[str]:
        return commands.tuned_daphne(host, port, certificate, *options)

    with served(make, tmp_path, tls=tls) as site:
        async with site.page(0) as ann:
            for n in range(150):
                await ann.say(f"{n} " + "ي" * 3900, str(uuid4()))
                await ann.next_of("ack")
            # The first ten events are known to this reader: 140 are replayed in one frame.
            await ann.write(type="sync", cursor=f"{site.room}.1.10")
            await asyncio.sleep(1)
            changes = await ann.next_of("changes")
        assert [event["seq"] for event in changes["events"]] == list(range(11, 151))
        assert all(event["text"].endswith("ي" * 3900) for event in changes["events"])


async def test_sigterm_ends_readiness_and_closes_sockets_with_a_retry_hint(site: Site) -> None:
    async with AsyncExitStack() as open_pages:
        pages: list[Page] = [await open_pages.enter_async_context(site.page(n)) for n in range(10)]
        async with httpx.AsyncClient(base_url=site.url, trust_env=False) as client:
            assert (await client.get("/readyz")).json() == {"ready": True, "reasons": []}
            send_sigterm(site.children[0])
            while (answer := await client.get("/readyz")).status_code == 200:
                pass
            assert (answer.status_code, answer.json()["reasons"]) == (503, ["draining"])
        closes = await asyncio.gather(*(page.closed() for page in pages))
        assert {code for code, _reason in closes} == {1012}
        hints = [re.fullmatch(r"retry:(\d+)", reason) for _code, reason in closes]
        assert all(hints)
        assert len({hint[1] for hint in hints if hint}) > 1, "jittered"
    assert await asyncio.to_thread(wait_for_end, site.children[0]) == 0


async def test_a_draining_process_finishes_its_work_and_accepts_no_connections(site: Site) -> None:
    async with site.page(0) as ann, site.page(1) as bob:
        send_sigterm(site.children[0])
        await ann.say("a last word", str(uuid4()))
        assert (await ann.next_of("ack"))["seq"] == 1
        assert (await bob.next_of("message"))["text"] == "a last word"
        await asyncio.gather(ann.closed(), bob.closed())
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", site.ports[0])


@pytest.mark.long
async def test_a_long_poll_is_answered_when_the_process_drains(site: Site) -> None:
    async with httpx.AsyncClient(
        base_url=site.url,
        trust_env=False,
        timeout=60,
        cookies={"sessionid": site.cookies[0]},
    ) as client:
        now = (await client.get("/api/sync")).json()["cursor"]
        poll = asyncio.create_task(client.get("/api/sync/wait", params={"cursor": now}))
        await asyncio.sleep(0.5)
        send_sigterm(site.children[0])
        assert (await poll).status_code == 200
    assert await asyncio.to_thread(wait_for_end, site.children[0]) == 0


@pytest.mark.long
async def test_a_second_signal_ends_the_process_at_once(tmp_path: Path) -> None:
    with served(command("--drain-seconds", "3600"), tmp_path) as site:
        async with site.page(0) as ann:
            send_sigterm(site.children[0])
            await asyncio.to_thread(site.wait_for_log, "draining")
            send_sigterm(site.children[0])
            assert await asyncio.to_thread(wait_for_end, site.children[0]) == 0
            await ann.socket.wait_closed()


async def test_redis_may_die_and_people_of_one_process_chat_on(site: Site) -> None:
    async with site.page(0) as ann, site.page(1) as bob:
        await asyncio.to_thread(site.valkey.child.stop)
        await ann.say("still here", str(uuid4()))
        assert (await ann.next_of("ack"))["seq"] == 1
        assert (await bob.next_of("message"))["text"] == "still here"
        async with httpx.AsyncClient(base_url=site.url, trust_env=False) as client:
            assert (await client.get("/readyz")).json()["reasons"] == ["redis"]
        late = site.page(2)
        with pytest.raises(Exception, match="1013"):
            await late.__aenter__()
    assert "Traceback" not in site.log.read_text(encoding="utf-8")


@pytest.mark.long
async def test_four_processes_are_one_chat(tmp_path: Path) -> None:
    with served(command(), tmp_path, 8, processes=4) as site:
        async with AsyncExitStack() as open_pages:
            pages = [await open_pages.enter_async_context(site.page(n, n % 4)) for n in range(8)]
            for n, page in enumerate(pages):
                await page.say(f"from {n}", str(uuid4()))
            for page in pages:
                seqs = [(await page.next_of("message"))["seq"] for _ in range(8)]
                assert seqs == list(range(1, 9))


def test_the_help_has_the_options_of_both() -> None:
    done = run_serving("daphne", "--help", env=user_environment())
    assert "--drain-seconds" in done.stdout
    assert "--websocket_timeout" in done.stdout
    assert done.returncode == 0


BROKEN = """
import sys
from autobahn.websocket.protocol import WebSocketProtocol
WebSocketProtocol.sendCloseFrame = lambda self, status: None
from reference_app.serving.daphne.command import run
run(sys.argv[1:])
"""


@pytest.mark.long
async def test_a_changed_dependency_is_logged_and_plain_daphne_serves(tmp_path: Path) -> None:
    def changed(host: str, port: int) -> list[str]:
        module = [sys.executable, "-m", "reference_app.serving", "daphne"]
        tuned = commands.tuned_daphne(host, port)
        assert tuned[: len(module)] == module
        return [sys.executable, "-c", BROKEN, *tuned[len(module) :]]

    with served(changed, tmp_path) as site:
        async with site.page(0) as ann:
            await ann.say("hello", str(uuid4()))
            assert (await ann.next_of("ack"))["seq"] == 1
        log = site.log.read_text(encoding="utf-8")
    assert "plain Daphne serves" in log
    assert "autobahn: sendCloseFrame(code, reasonUtf8, isReply)" in log


def test_the_installed_releases_have_every_seam() -> None:
    assert missing_seams() == []
