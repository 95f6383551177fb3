"""The long-polling user against an HTTP server that refuses to hold its question."""

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


class Refusing:
    """Answers short questions, and refuses the first that it is to hold."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []
        self.was_asked_again = asyncio.Event()
        self.holds = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.path, asyncio.get_running_loop().time()))
        if request.path == "/api/sync":
            return web.json_response(text=NOTHING_NEW)
        if len(self.asked) <= 2:
            return web.Response(status=503)
        self.was_asked_again.set()
        await self.holds.wait()
        return web.json_response(text=NOTHING_NEW)


@asynccontextmanager
async def listening(server: Refusing) -> AsyncIterator[Place]:
    app = web.Application()
    app.router.add_get("/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield Place("127.0.0.1", (runner.addresses[0][1],))
    finally:
        server.holds.set()
        await runner.cleanup()


async def test_a_refused_question_is_an_error_and_the_next_is_a_short_one_later() -> None:
    server, log = Refusing(), Log(1, 0)
    async with listening(server) as place:
        requests = HttpClient(place, log)
        user = LongPollUser(ANN, UserContext(place, log, requests, seed=3))
        await user.connect()
        async with asyncio.timeout(30):
            await server.was_asked_again.wait()
        await user.disconnect()
        await requests.close()
    paths, times = zip(*server.asked, strict=True)
    assert paths == ("/api/sync", "/api/sync/wait", "/api/sync", "/api/sync/wait")
    assert times[1] - times[0] >= PAUSE_SECONDS
    assert times[2] - times[1] >= RETRY_AFTER[0], "no haste after a refusal"
    went = [(kind, ok, detail) for kind, _start, _took, ok, detail in log.operations]
    assert went == [("connect", True, ""), ("wait", False, "HTTP 503"), ("poll", True, "")]
