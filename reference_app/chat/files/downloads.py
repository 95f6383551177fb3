"""Serve files with their own type, never as a page of this site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from reference_app.chat.files.media_types import INLINE, TEXT
from reference_app.chat.files.storage import path_of
from reference_app.chat.models import File
from reference_app.protocol import ErrorCode, Refused

CHUNK_BYTES = 1 << 16
CACHE_SECONDS = 86_400
"""Seconds for which the reader's browser caches a file: its content never changes."""


def download(request: HttpRequest, file: File, *, preview: bool = False) -> HttpResponseBase:
    """Return the response with a file, or with its preview.

    Raises:
        Refused: the content does not exist any more, or there is no preview.
    """
    path = path_of(file.stored_as, preview=preview)
    if (preview and file.width is None) or not path.is_file():
        raise Refused(ErrorCode.NOT_FOUND, "There is no such file.")
    response = _build_response(request, path)
    media_type = "image/webp" if preview else file.media_type
    response["Content-Type"] = f"{TEXT}; charset=utf-8" if media_type == TEXT else media_type
    name = "preview.webp" if preview else file.name
    disposition = content_disposition_header(media_type not in INLINE, name)
    assert disposition, "there is a name"
    response["Content-Disposition"] = disposition
    # Whatever the file is, and wherever it is opened, it must run nothing and load nothing.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = f"private, max-age={CACHE_SECONDS}"
    return response


def _build_response(request: HttpRequest, path: Path) -> HttpResponseBase:
    accel = settings.ENVIRONMENT.files_accel
    if accel:
        # The proxy sends the file: it supports ranges, and slow readers do not block it.
        return HttpResponse(headers={"X-Accel-Redirect": f"{accel}{path.parent.name}/{path.name}"})
    if isinstance(request, ASGIRequest):
        # Django would collect everything that a plain iterator yields before it sends any of it.
        response = StreamingHttpResponse(_read_pieces(path))
        response["Content-Length"] = str(path.stat().st_size)
        return response
    return FileResponse(path.open("rb"))


async def _read_pieces(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield piece
