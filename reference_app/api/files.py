"""HTTP endpoints for files and for the search."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import File, Path, Query, Router, Status
from ninja.files import UploadedFile

from reference_app import protocol
from reference_app.api.responses import current_user, for_read, for_write, with_errors
from reference_app.chat import services
from reference_app.chat.files import downloads
from reference_app.chat.queries.files import load_file
from reference_app.chat.queries.search import find_matches
from reference_app.protocol import ErrorCode

router = Router()

Conversation = Annotated[protocol.Id, Path()]
FileId = Annotated[protocol.Id, Path()]


@router.post(
    "/conversations/{conversation}/files",
    response=for_write(
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
    """Upload a file for a message, which must be sent within a day."""
    return services.upload_file(current_user(request), conversation, file)


@router.get("/files/{file}", response=for_read(None, ErrorCode.NOT_FOUND))
def download(request: HttpRequest, file: FileId) -> HttpResponseBase:
    """Return the content of a file: images to be shown, other files to be saved."""
    return downloads.download(request, load_file(current_user(request), file))


@router.get("/files/{file}/preview", response=for_read(None, ErrorCode.NOT_FOUND))
def preview(request: HttpRequest, file: FileId) -> HttpResponseBase:
    """Return an image, small enough to be shown in the conversation."""
    return downloads.download(request, load_file(current_user(request), file), preview=True)


@router.delete("/files/{file}", response=with_errors({204: None}, ErrorCode.FORBIDDEN))
def withdraw(request: HttpRequest, file: FileId) -> Status[None]:
    """Remove a file that the user has uploaded and not sent."""
    services.withdraw_file(current_user(request), file)
    return Status(204, None)


@router.get("/search", response=for_read(protocol.SearchResults, ErrorCode.TOO_LONG))
def search(
    request: HttpRequest, q: Annotated[protocol.SearchQuery, Query()]
) -> protocol.SearchResults:
    """Find people, the user's groups, and messages in the user's conversations."""
    return find_matches(current_user(request), q)
