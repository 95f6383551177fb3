"""The socket as Daphne serves it: what an in-memory test of the consumer cannot see."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from reference_app.chat.protocol import CLOSE_TRY_LATER, CLOSE_UNAUTHENTICATED
from tests.launch import Launched, demo


class Site:
    """A running demo, and somebody who is signed in to it."""

    def __init__(self, launched: Launched, cookie: str) -> None:
        self.launched = launched
        self.cookie = cookie

    def connect(self, path: str = "/ws/chat/", cookie: str | None = None) -> connect:
        return connect(
            self.launched.url.replace("http", "ws", 1) + path,
            origin=Origin(self.launched.url),
            additional_headers={"Cookie": self.cookie if cookie is None else cookie},
            proxy=None,
        )

    def log(self, data_dir: Path) -> str:
        return (data_dir / "daphne.log").read_text(encoding="utf-8")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    with demo("daphne", tmp_path) as launched:
        async with httpx.AsyncClient(base_url=launched.url, trust_env=False) as client:
            await client.get("/accounts/login/")
            form = {"username": "amal", "password": "amal123"}
            token = {"csrfmiddlewaretoken": client.cookies["csrftoken"]}
            await client.post("/accounts/login/", data=form | token)
            cookie = f"sessionid={client.cookies['sessionid']}"
        yield Site(launched, cookie)


async def closed(socket: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed) as caught:
        await socket.recv()
    return caught.value.rcvd.code if caught.value.rcvd else None


async def test_a_socket_is_closed_with_the_code_that_was_meant_and_no_traceback(
    site: Site, tmp_path: Path
) -> None:
    async with site.connect(cookie="") as stranger:
        assert await closed(stranger) == CLOSE_UNAUTHENTICATED
    with pytest.raises(InvalidStatus) as refused:
        await site.connect("/ws/elsewhere/")
    assert refused.value.response.status_code == 403
    async with site.connect() as live:
        assert json.loads(await live.recv())["type"] == "welcome"
        for process in site.launched.tree():
            if "valkey" in process.name():
                process.kill()
        assert await closed(live) == CLOSE_TRY_LATER
    async with site.connect() as again:
        assert await closed(again) == CLOSE_TRY_LATER
    assert "Traceback" not in site.log(tmp_path)
