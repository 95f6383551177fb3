"""The socket and the HTTP client of a user, as the site's page opens them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from functools import partial
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from benchmarks.probe.resending import Resending
from reference_app import protocol

TIMEOUT = 20.0


class Page:
    """A simulated page of one room.

    ``trust`` is the TLS context; without it, any certificate is accepted, because our own are
    self-signed. ``address`` is the address of the site if its name does not resolve to it.
    """

    def __init__(
        self,
        url: str,
        cookie: str,
        room: int,
        *,
        trust: ssl.SSLContext | None = None,
        address: str = "",
    ) -> None:
        self.room = room
        self._http = partial(http_of, url, cookie, trust=trust, address=address)
        is_tls = url.startswith("https:")
        target: dict[str, Any] = {}
        if address:
            target = {"host": address, "port": urlsplit(url).port or (443 if is_tls else 80)}
        self.connecting = connect(
            url.replace("http", "ws", 1) + "/ws/chat/",
            ssl=(trust or unverified()) if is_tls else None,
            origin=Origin(url),
            additional_headers={"Cookie": f"sessionid={cookie}"},
            proxy=None,
            max_size=None,
            **target,
        )
        self.socket: ClientConnection

    async def __aenter__(self) -> Self:
        """Open the socket and wait for the welcome."""
        self.socket = await self.connecting
        await self.next_of("welcome")
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Close the socket."""
        await self.socket.close()

    async def write(self, **frame: Any) -> None:
        """Send a frame."""
        await self.socket.send(json.dumps(frame))

    async def say(self, text: str, client_id: str) -> None:
        """Send a message to the room."""
        await self.write(type="send", conversation=self.room, client_id=client_id, text=text)

    async def history(self, after: int, upto: int) -> list[protocol.MessageEvent]:
        """Return the room's messages after a seq and up to another, read over HTTP, oldest first.

        Raises:
            ConnectionError: they cannot be read.
        """
        messages: list[protocol.MessageEvent] = []
        before, more = upto + 1, True
        path = f"/api/conversations/{self.room}/messages"
        try:
            async with self._http() as http:
                while more and before > after + 1:
                    params = {"before": before, "limit": protocol.MAX_HISTORY}
                    answer = await http.get(path, params=params)
                    batch = protocol.History.model_validate_json(answer.raise_for_status().content)
                    messages[:0] = [message for message in batch.messages if message.seq > after]
                    more = batch.more and bool(batch.messages)
                    before = batch.messages[0].seq if batch.messages else before
        except httpx.HTTPError as error:
            raise ConnectionError(f"{path}: {error}") from error
        return messages

    async def next_of(self, kind: str) -> dict[str, Any]:
        """Return the next frame of a kind; skip all other frames."""
        async with asyncio.timeout(TIMEOUT):
            while (frame := json.loads(await self.socket.recv()))["type"] != kind:
                pass
        found: dict[str, Any] = frame
        return found

    async def closed(self) -> tuple[int, str]:
        """Wait until the server closes the socket; return the close code and the reason."""
        async with asyncio.timeout(TIMEOUT):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await self.socket.recv()
        assert self.socket.close_code is not None
        return self.socket.close_code, self.socket.close_reason or ""


def http_of(
    url: str, cookie: str, *, trust: ssl.SSLContext | None = None, address: str = ""
) -> httpx.AsyncClient:
    """Return an HTTP client that is signed in by a session cookie.

    ``trust`` and ``address`` are as in `Page`.
    """
    parts = urlsplit(url)
    base = url
    if address:
        base = f"{parts.scheme}://{address}" + (f":{parts.port}" if parts.port else "")

    async def set_server_name(request: httpx.Request) -> None:
        request.extensions["sni_hostname"] = parts.hostname

    return httpx.AsyncClient(
        base_url=base,
        headers={"Host": parts.netloc},
        transport=Resending(verify=trust or unverified(), trust_env=False),
        timeout=TIMEOUT,
        cookies={"sessionid": cookie},
        event_hooks={"request": [set_server_name]},
    )


def unverified() -> ssl.SSLContext:
    """Return a TLS context that accepts any certificate.

    It loads no certificate authorities, because that takes longer than opening a socket, and
    there may be 200 sockets.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
