"""The HTTP carrier of files, and of what is searched for."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import File, Path, Query, Router, Status
from ninja.files import UploadedFile

from reference_app.chat import downloads, files, protocol, searching, uploading
from reference_app.chat.answers import or_refused, user_of, when_reading, when_writing
from reference_app.chat.protocol import ErrorCode

router = Router()

Conversation = Annotated[protocol.Id, Path()]
FileId = Annotated[protocol.Id, Path()]


@router.post(
    "/conversations/{conversation}/files",
    response=when_writing(
        {200: protocol.Attachment},
        ErrorCode.NOT_A_MEMBER,
        ErrorCode.BLOCKED,
        ErrorCode.FILE_TOO_LARGE,
        ErrorCode.FILE_TYPE,
        ErrorCode.DAILY_LIMIT,
        ErrorCode.NO_ROOM,
    ),
)
def upload(
    request: HttpRequest, conversation: Conversation, file: Annotated[UploadedFile, File()]
) -> protocol.Attachment:
    """Upload a file, for a message that is sent within a day."""
    return uploading.receive(user_of(request), conversation, file)


@router.get("/files/{file}", response=when_reading(None, ErrorCode.NOT_FOUND))
def download(request: HttpRequest, file: FileId) -> HttpResponseBase:
    """What a file holds: pictures to be shown, all else to be saved."""
    return downloads.download(request, uploading.readable(user_of(request), file))


@router.get("/files/{file}/preview", response=when_reading(None, ErrorCode.NOT_FOUND))
def preview(request: HttpRequest, file: FileId) -> HttpResponseBase:
    """A picture, small enough to be shown in the conversation."""
    return downloads.download(request, uploading.readable(user_of(request), file), preview=True)


@router.delete("/files/{file}", response=or_refused({204: None}, ErrorCode.FORBIDDEN))
def withdraw(request: HttpRequest, file: FileId) -> Status[None]:
    """Remove a file that one has uploaded and not sent."""
    files.withdraw(user_of(request), file)
    return Status(204, None)


@router.get("/search", response=when_reading(protocol.Found, ErrorCode.TOO_LONG))
def search(request: HttpRequest, q: Annotated[protocol.Sought, Query()]) -> protocol.Found:
    """People, one's own conversations, and what was written in them."""
    return searching.search(user_of(request), q)
