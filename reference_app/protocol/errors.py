"""Validate the frames of clients, and report the first error in them."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError

from reference_app.protocol.client_frames import ClientFrame
from reference_app.protocol.fields import ErrorCode
from reference_app.protocol.limits import MAX_FRAME
from reference_app.protocol.server_frames import Failure, ServerFrame
from reference_app.protocol.text_rules import Problem

client_frames: TypeAdapter[ClientFrame] = TypeAdapter(ClientFrame)
server_frames: TypeAdapter[ServerFrame] = TypeAdapter(ServerFrame)


class Refused(Exception):  # noqa: N818 - a refusal is the normal answer to a bad request
    """A request that cannot be served, with the error code and sentence that its sender receives.

    ``retry_after`` is the number of seconds after which it can be served, if that is known.
    """

    def __init__(
        self,
        code: ErrorCode,
        detail: str,
        conversation: int | None = None,
        client_id: UUID | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.conversation = conversation
        self.client_id = client_id
        self.retry_after = retry_after

    def frame(self, client_id: UUID | None = None) -> Failure:
        """Return the ``error`` frame for the sender."""
        return Failure(
            code=self.code,
            detail=self.detail,
            client_id=client_id or self.client_id,
            conversation=self.conversation,
        )


def parse_client_frame(text: str | bytes) -> ClientFrame:
    """Return the frame that a client sent.

    Raises:
        Refused: the frame is too long, not JSON, of unknown type, or has missing, extra or
            ill-formed fields.
    """
    if len(text) > MAX_FRAME:
        raise Refused(ErrorCode.TOO_LONG, f"A frame may have at most {MAX_FRAME} characters.")
    try:
        return client_frames.validate_json(text)
    except ValidationError as error:
        raise refusal(error, _client_id_of(text)) from None


class _Named(BaseModel):
    """The part of a refused frame by which its sender recognizes it."""

    client_id: UUID


def _client_id_of(text: str | bytes) -> UUID | None:
    with suppress(ValidationError):
        return _Named.model_validate_json(text).client_id
    return None


_CODES = {
    "json_invalid": ErrorCode.NOT_JSON,
    "union_tag_invalid": ErrorCode.UNKNOWN_TYPE,
    "union_tag_not_found": ErrorCode.UNKNOWN_TYPE,
    "string_too_long": ErrorCode.TOO_LONG,
    "string_too_short": ErrorCode.BLANK,
    "too_long": ErrorCode.TOO_LONG,
    **{problem.value: ErrorCode(problem.value) for problem in Problem},
}


def refusal(error: ValidationError, client_id: UUID | None = None) -> Refused:
    """Return the refusal that describes the first error and names its field."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    detail = f"{field}: {first['msg']}" if field else first["msg"]
    return Refused(code_of(first["type"]), detail, client_id=client_id)


def code_of(pydantic_type: str) -> ErrorCode:
    """Return the stable code for one of pydantic's error types."""
    return _CODES.get(pydantic_type, ErrorCode.INVALID)
