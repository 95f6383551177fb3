"""Requests as browsers make them: asked anew where a kept connection was closed beneath them."""

from __future__ import annotations

from typing import Any

import httpx

SAFE = {"GET", "HEAD"}


class Resending(httpx.AsyncHTTPTransport):
    """Asks once more where a connection that had been kept open closes without an answer.

    Whoever keeps one open may close it at any time, also just as it is used; what has no
    effects is then asked again over another (RFC 9112, section 9.3.1), and people see
    nothing of it. A new connection that is closed is a failure. What was asked twice has
    the extension ``resent``.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; see the class.

        Raises:
            httpx.TransportError: there was no answer, and asking again is no use, or not safe.
        """
        opened = False

        async def trace(event: str, _told: dict[str, Any]) -> None:
            nonlocal opened
            opened = opened or event == "connection.connect_tcp.started"

        request.extensions["trace"] = trace
        try:
            return await super().handle_async_request(request)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            if opened or request.method not in SAFE:
                raise
        answer = await super().handle_async_request(request)
        answer.extensions["resent"] = True
        return answer
