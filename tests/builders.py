"""Builders of users, conversations and messages: a test names only what matters to it."""

from __future__ import annotations

from itertools import count
from uuid import uuid4

from reference_app.accounts.models import User
from reference_app.chat.records.draft import Draft
from reference_app.chat.store import conversations, messages

_numbers = count(1)


def person(username: str = "", **fields: object) -> User:
    """Create a user, with a password only if one is given."""
    return User.objects.create_user(username or f"person{next(_numbers)}", **fields)  # type: ignore[arg-type]


def room(*members: User) -> int:
    """Create a group of these users; return its id."""
    maker, *others = members
    return conversations.group_conversation(maker, "Room", [other.pk for other in others]).id


def said(sender: User, conversation: int, text: str = "hello") -> messages.StoredMessage:
    """Store a message of a user; return what the store returns."""
    return messages.append_message(Draft(sender, conversation, uuid4(), text))
