"""Limit the size of request bodies, before Django reads any of them.

Django spools a whole body to the disk before any view is called. So a body that is too large is
refused here: at once if its Content-Length says so, otherwise as soon as too much has arrived.
Daphne spools the body before it even calls the application; its wrapper has the same limit
(serving/daphne/bodies.py), and a proxy in front should have it too.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from django.conf import settings

from reference_app.chat.files.storage import is_full, no_room
from reference_app.protocol import ErrorCode, Failure
from reference_app.runtime.security_headers import SECURITY_HEADERS

FRAMING = 64 * 1024
"""Bytes of an upload that are not the file but the form around it."""

_UPLOADS = re.compile(r"/api/conversations/[^/]+/files/?$")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# Any, because ASGI and WSGI define no exact type.
Application = Any


def largest_body() -> int:
    """Return the size limit of an upload, the largest request, in bytes."""
    limit: int = settings.ENVIRONMENT.file_limit
    return limit + FRAMING


def limit_of(path: str) -> int:
    """Return the size limit of a request to a path, in bytes."""
    if _UPLOADS.search(path):
        return largest_body()
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or largest_body()


def refusal(path: str) -> Failure:
    """Return the error for a request to a path that is too large."""
    if _UPLOADS.search(path):
        return Failure(code=ErrorCode.FILE_TOO_LARGE, detail="The file is too large.")
    return Failure(code=ErrorCode.TOO_LONG, detail="The body is too long.")


class _TooLarge(Exception):  # noqa: N818 - never leaves this module
    pass


def limited_asgi(application: Application) -> Application:
    """Return an HTTP application that never reads a body beyond the limit of its path."""

    async def limited(scope: Message, receive: Receive, send: Send) -> None:
        limit = limit_of(scope["path"])
        left, started = limit, False

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise _TooLarge
            return message

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            if _announced(scope) > limit:
                raise _TooLarge
            await application(scope, counted, noting)
        except _TooLarge:
            await _answer(send, 413, refusal(scope["path"]))
        except OSError as error:
            # From spooling a body: a view that cannot store something answers itself.
            if started or not is_full(error):
                raise
            await _answer(send, 507, no_room().frame())

    return limited


def limited_wsgi(application: Application) -> Application:
    """Return a WSGI application that never reads a body beyond the limit of its path.

    WSGI servers pass on no more than Content-Length says, so nothing has to be counted.
    """

    def limited(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        path = environ.get("PATH_INFO", "")
        if length.isdecimal() and int(length) > limit_of(path):
            body = refusal(path).model_dump_json().encode()
            headers = [(name.decode(), value.decode()) for name, value in _headers(body)]
            start_response("413 Content Too Large", headers)
            return [body]
        answer: Iterable[bytes] = application(environ, start_response)
        return answer

    return limited


def _announced(scope: Message) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _answer(send: Send, status: int, failure: Failure) -> None:
    body = failure.model_dump_json().encode()
    await send({"type": "http.response.start", "status": status, "headers": _headers(body)})
    await send({"type": "http.response.body", "body": body})


def _headers(body: bytes) -> list[tuple[bytes, bytes]]:
    return [
        (b"Content-Type", b"application/json"),
        (b"Content-Length", str(len(body)).encode()),
        *((name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()),
    ]
