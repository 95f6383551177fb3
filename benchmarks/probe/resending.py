"""An HTTP transport that resends requests as browsers do when a reused connection closes."""

from __future__ import annotations

from typing import Any

import httpx

SAFE = {"GET", "HEAD"}


class Resending(httpx.AsyncHTTPTransport):
    """A transport that resends a request if a reused connection closes without an answer.

    The server may close a persistent connection at any time, even just when it is used. A
    request without side effects may then be sent again over another connection (RFC 9112,
    section 9.3.1), and people do not notice it. If a new connection is closed, the request
    fails. The response to a resent request has the extension ``resent``.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and resend it once if that is safe and useful.

        Raises:
            httpx.TransportError: there was no answer, and resending is not safe or not useful.
        """
        is_new_connection = False

        async def trace(event: str, _info: dict[str, Any]) -> None:
            nonlocal is_new_connection
            is_new_connection = is_new_connection or event == "connection.connect_tcp.started"

        request.extensions["trace"] = trace
        try:
            return await super().handle_async_request(request)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            if is_new_connection or request.method not in SAFE:
                raise
        answer = await super().handle_async_request(request)
        answer.extensions["resent"] = True
        return answer
