"""Tests of the long-polling user with an HTTP server that refuses to hold a request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from benchmarks.generator.log import Log
from benchmarks.generator.members import Member
from benchmarks.generator.requests import HttpClient
from benchmarks.generator.users import Place, UserContext
from benchmarks.transports.long_poll import PAUSE_SECONDS, RETRY_AFTER, LongPollUser
from reference_app import protocol

ANN = Member(id=1, session="s", csrf="c", room=7)
NOTHING_NEW = protocol.Changes(
    cursor="7.1.0", reset=[], events=[], gone=[], typing=[]
).model_dump_json()


class RefusingServer:
    """A server that answers short polls, and refuses the first long poll."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, float]] = []
        self.has_second_long_poll = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append((request.path, asyncio.get_running_loop().time()))
        if request.path == "/api/sync":
            return web.json_response(text=NOTHING_NEW)
        if len(self.requests) <= 2:
            return web.Response(status=503)
        self.has_second_long_poll.set()
        await self.may_answer.wait()
        return web.json_response(text=NOTHING_NEW)


@asynccontextmanager
async def listening(server: RefusingServer) -> AsyncIterator[Place]:
    """Run a server on a free port; yield its place."""
    app = web.Application()
    app.router.add_get("/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield Place("127.0.0.1", (runner.addresses[0][1],))
    finally:
        server.may_answer.set()
        await runner.cleanup()


async def test_after_a_refused_long_poll_the_user_waits_and_makes_a_short_poll() -> None:
    server, log = RefusingServer(), Log(1, 0)
    async with listening(server) as place:
        requests = HttpClient(place, log)
        user = LongPollUser(ANN, UserContext(place, log, requests, seed=3))
        await user.connect()
        async with asyncio.timeout(30):
            await server.has_second_long_poll.wait()
        await user.disconnect()
        await requests.close()
    paths, times = zip(*server.requests, strict=True)
    assert paths == ("/api/sync", "/api/sync/wait", "/api/sync", "/api/sync/wait")
    assert times[1] - times[0] >= PAUSE_SECONDS
    assert times[2] - times[1] >= RETRY_AFTER[0], "no haste after a refusal"
    operations = [(kind, ok, detail) for kind, _start, _took, ok, detail in log.operations]
    assert operations == [("connect", True, ""), ("wait", False, "HTTP 503"), ("poll", True, "")]
