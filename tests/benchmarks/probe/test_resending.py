"""Tests of which requests are sent again when a server closes the connection."""

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
async def client_of_closing_server(answered: Sequence[int]) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of a server that closes each connection after a number of answers.

    ``answered`` has this number for each connection. The server closes a connection only after
    it has read the next request, so the client cannot know in advance.
    """
    answers_left = list(answered)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(answers_left.pop(0)):
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


async def test_a_request_on_a_kept_connection_is_sent_again_over_a_new_one() -> None:
    async with client_of_closing_server([1, 2]) as client:
        answers = [await client.get("/") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert [one.extensions.get("resent", False) for one in answers] == [False, True, False]


async def test_a_new_connection_that_closes_is_a_failure() -> None:
    async with client_of_closing_server([0, 1]) as client:  # connection 2 would answer
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/")


async def test_a_request_is_sent_again_only_once() -> None:
    async with client_of_closing_server([1, 0, 1]) as client:  # connection 3 would answer
        await client.get("/")
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/")


async def test_a_request_that_may_have_effects_is_not_sent_again() -> None:
    async with client_of_closing_server([1, 1]) as client:
        await client.get("/")
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/")


async def test_repeated_requests_count_resent_ones_and_failures_separately() -> None:
    has_four_answers = asyncio.Event()

    class WatchedAnswers(Answers):
        def add(self, failure: str, now: float) -> None:
            super().add(failure, now)
            if self.asked == 4:
                has_four_answers.set()

    answers = WatchedAnswers()
    async with client_of_closing_server([1, 1, 0, 100]) as client:
        asking = asyncio.create_task(ask(client, answers))
        await has_four_answers.wait()
        asking.cancel()
    # Request 1 uses the first connection. Request 2 is sent again over the second one. Request 3
    # is sent again over the third one and fails. Request 4 uses the fourth one.
    assert answers.asked == 4
    assert answers.resent == 1
    assert answers.failures == ["RemoteProtocolError"]
    assert answers.down > 0
