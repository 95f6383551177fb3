"""The responses that the endpoints of the HTTP API declare, errors included."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

from django.http import HttpRequest

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.protocol import ErrorCode

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


def with_errors(answer: dict[int, Any], *codes: ErrorCode) -> dict[int, Any]:
    """Return the responses of an endpoint: its own, the usual errors, and these errors."""
    usual = (ErrorCode.INVALID, ErrorCode.UNAUTHENTICATED, ErrorCode.UNAVAILABLE)
    refused = sorted({int(STATUS[code]) for code in (*usual, *codes)})
    return answer | dict.fromkeys(refused, protocol.Failure)


def for_read(answer: Any, *codes: ErrorCode) -> dict[int, Any]:
    """Return the responses of an endpoint that only reads."""
    return with_errors({200: answer}, *codes)


def for_write(answer: dict[int, Any], *codes: ErrorCode) -> dict[int, Any]:
    """Return the responses of an endpoint that takes a body."""
    with_a_body = (ErrorCode.NOT_JSON, ErrorCode.FORBIDDEN, ErrorCode.TOO_LONG)
    return with_errors(answer, *with_a_body, *codes)


def current_user(request: HttpRequest) -> User:
    """Return the user who sent the request."""
    # SessionAuth refuses everybody else. It has loaded the user, so there is no query here.
    return cast("User", request.user)
