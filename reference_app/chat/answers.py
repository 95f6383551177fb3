"""What the operations of the HTTP API answer, and what they refuse with."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

from django.http import HttpRequest

from reference_app.accounts.models import User
from reference_app.chat import protocol
from reference_app.chat.protocol import ErrorCode

STATUS = {
    ErrorCode.NOT_JSON: HTTPStatus.BAD_REQUEST,
    ErrorCode.UNKNOWN_TYPE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.TOO_LONG: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorCode.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ErrorCode.NOT_A_MEMBER: HTTPStatus.FORBIDDEN,
    ErrorCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.CLIENT_ID_REUSED: HTTPStatus.CONFLICT,
    ErrorCode.TOO_MANY: HTTPStatus.CONFLICT,
    ErrorCode.BLOCKED: HTTPStatus.FORBIDDEN,
    ErrorCode.BLANK: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.CONTROL_CHARACTERS: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.TEXT_DIRECTION: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.TOO_MANY_MARKS: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.FILE_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorCode.FILE_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ErrorCode.DAILY_LIMIT: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.TOO_MANY_ATTEMPTS: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.NO_ROOM: HTTPStatus.INSUFFICIENT_STORAGE,
    ErrorCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}


def or_refused(answer: dict[int, Any], *codes: ErrorCode) -> dict[int, Any]:
    """Return the answers of an operation: what all may answer, and these refusals."""
    usual = (ErrorCode.INVALID, ErrorCode.UNAUTHENTICATED, ErrorCode.UNAVAILABLE)
    refused = sorted({int(STATUS[code]) for code in (*usual, *codes)})
    return answer | dict.fromkeys(refused, protocol.Failure)


def when_reading(answer: Any, *codes: ErrorCode) -> dict[int, Any]:
    """Return the answers of an operation that only reads."""
    return or_refused({200: answer}, *codes)


def when_writing(answer: dict[int, Any], *codes: ErrorCode) -> dict[int, Any]:
    """Return the answers of an operation that takes a body."""
    with_a_body = (ErrorCode.NOT_JSON, ErrorCode.FORBIDDEN, ErrorCode.TOO_LONG)
    return or_refused(answer, *with_a_body, *codes)


def user_of(request: HttpRequest) -> User:
    """Return who asks."""
    # SessionAuth has let nobody else in. Loaded by it already, so no query here.
    return cast("User", request.user)
