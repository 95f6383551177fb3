"""Handing files out: as what they are, never as a page of this site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from reference_app.chat.file_store import path_of
from reference_app.chat.file_types import INLINE, TEXT
from reference_app.chat.models import File
from reference_app.chat.protocol import ErrorCode, Refused

PIECE = 1 << 16
KEPT_FOR = 86_400
"""Seconds for which the reader's own browser keeps a file: it never changes."""


def download(request: HttpRequest, file: File, *, preview: bool = False) -> HttpResponseBase:
    """Return the answer that holds a file, or its preview.

    Raises:
        Refused: its content is gone, or it has no preview.
    """
    path = path_of(file.stored_as, preview=preview)
    if (preview and file.width is None) or not path.is_file():
        raise Refused(ErrorCode.NOT_FOUND, "There is no such file.")
    response = _content(request, path)
    media_type = "image/webp" if preview else file.media_type
    response["Content-Type"] = f"{TEXT}; charset=utf-8" if media_type == TEXT else media_type
    name = "preview.webp" if preview else file.name
    disposition = content_disposition_header(media_type not in INLINE, name)
    assert disposition, "there is a name"
    response["Content-Disposition"] = disposition
    # Whatever it is, and wherever it is opened: it runs nothing and loads nothing.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = f"private, max-age={KEPT_FOR}"
    return response


def _content(request: HttpRequest, path: Path) -> HttpResponseBase:
    accel = settings.ENVIRONMENT.files_accel
    if accel:
        # The proxy reads it: it knows ranges, and does not mind slow readers.
        return HttpResponse(headers={"X-Accel-Redirect": f"{accel}{path.parent.name}/{path.name}"})
    if isinstance(request, ASGIRequest):
        # Django would gather what a plain iterator yields before it sends any of it.
        response = StreamingHttpResponse(_pieces(path))
        response["Content-Length"] = str(path.stat().st_size)
        return response
    return FileResponse(path.open("rb"))


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
