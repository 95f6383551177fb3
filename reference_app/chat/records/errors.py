"""Build the refusals that several parts of the chat raise."""

from __future__ import annotations

from reference_app.protocol import ErrorCode, Refused


def not_a_member(conversation_id: int) -> Refused:
    """Return the refusal for a user who is not a member, or if there is no conversation.

    It is the same for both, so that it does not reveal whether the conversation exists.
    """
    return Refused(ErrorCode.NOT_A_MEMBER, "You are not in this conversation.", conversation_id)


def nobody(person_id: int) -> Refused:
    """Return the refusal for an id that no person has."""
    return Refused(ErrorCode.NOT_FOUND, f"There is nobody with id {person_id}.")


def writes_to_a_blocked_person(conversation_id: int | None = None) -> Refused:
    """Return the refusal for a user who writes to a person that they block."""
    detail = "You have blocked this person: unblock them first."
    return Refused(ErrorCode.BLOCKED, detail, conversation_id)


def unavailable() -> Refused:
    """Return the refusal for a request during which the database failed.

    It does not say that nothing was stored: the database may have stored it, and only the answer
    to COMMIT was lost.
    """
    return Refused(
        ErrorCode.UNAVAILABLE,
        "The database does not answer. It is not known whether this was stored. Please try again: "
        "a message with the same client_id is stored once.",
    )
