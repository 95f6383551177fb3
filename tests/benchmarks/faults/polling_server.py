"""A polling server that answers every request with 200 and stores nothing.

Run as ``python -m tests.benchmarks.faults.polling_server CROWD``; it prints its port.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from aiohttp import web

from benchmarks.generator.members import read_crowd
from benchmarks.servers.bare import BareChat
from reference_app import protocol


class DiscardingChat:
    """A chat that acknowledges every message and delivers none."""

    def __init__(self, crowd: Path) -> None:
        self._chat = BareChat(read_crowd(crowd))

    async def page(self, _request: web.Request) -> web.Response:
        return web.Response(text="<main></main>", content_type="text/html")

    async def sync(self, request: web.Request) -> web.Response:
        guest = self._chat.enter(request.headers["Cookie"])
        reply = self._chat.take(guest, protocol.SyncFrame(cursor="").model_dump_json())
        return web.Response(text=reply.to_sender, content_type="application/json")

    async def send(self, request: web.Request) -> web.Response:
        guest = self._chat.enter(request.headers["Cookie"])
        body = protocol.NewMessage.model_validate_json(await request.read())
        frame = protocol.SendFrame(
            client_id=body.client_id, conversation=guest.room, text=body.text
        )
        reply = self._chat.take(guest, frame.model_dump_json())
        return web.Response(text=reply.to_sender, content_type="application/json")


async def serve(crowd: Path) -> None:
    chat = DiscardingChat(crowd)
    application = web.Application()
    application.router.add_get("/", chat.page)
    application.router.add_get("/api/sync", chat.sync)
    application.router.add_post("/api/conversations/{room}/messages", chat.send)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
