"""What is asked again, and what is not: by a server that closes connections when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest

from benchmarks.probe.asking import Answers, ask
from benchmarks.probe.resending import Resending

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@asynccontextmanager
async def server(answered: Sequence[int]) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a server that answers so many requests of each connection, then closes.

    It closes when it has read the next request: so late that the client cannot have known.
    """
    left = list(answered)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(left.pop(0)):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ANSWER)
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    async with (
        listening,
        httpx.AsyncClient(base_url=f"http://{host}:{port}", transport=Resending()) as client,
    ):
        yield client


async def test_what_a_kept_connection_did_not_answer_is_asked_again_over_a_new_one() -> None:
    async with server([1, 2]) as client:
        answers = [await client.get("/") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert [one.extensions.get("resent", False) for one in answers] == [False, True, False]


async def test_a_new_connection_that_closes_is_a_failure() -> None:
    async with server([0, 1]) as client:  # a second would answer
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/")


async def test_it_is_asked_again_only_once() -> None:
    async with server([1, 0, 1]) as client:  # a third would answer
        await client.get("/")
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/")


async def test_what_changes_something_is_not_sent_twice() -> None:
    async with server([1, 1]) as client:
        await client.get("/")
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/")


async def test_who_asks_all_the_time_tells_what_was_asked_twice_from_what_failed() -> None:
    asked_four_times = asyncio.Event()

    class Watched(Answers):
        def note(self, failure: str, now: float) -> None:
            super().note(failure, now)
            if self.asked == 4:
                asked_four_times.set()

    answers = Watched()
    async with server([1, 1, 0, 100]) as client:
        asking = asyncio.create_task(ask(client, answers))
        await asked_four_times.wait()
        asking.cancel()
    # Over one connection, again over the second, again over the third in vain, over the fourth.
    assert answers.asked == 4
    assert answers.resent == 1
    assert answers.failures == ["RemoteProtocolError"]
    assert answers.down > 0
