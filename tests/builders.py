"""People and conversations, made with what a test says of them and nothing else."""

from __future__ import annotations

from itertools import count
from uuid import uuid4

from reference_app.accounts.models import User
from reference_app.chat import conversations, store

_numbers = count(1)


def person(username: str = "", **fields: object) -> User:
    """Return a new user, with a password only if one is given."""
    return User.objects.create_user(username or f"person{next(_numbers)}", **fields)  # type: ignore[arg-type]


def room(*members: User) -> int:
    """Return a new group of these people."""
    maker, *others = members
    return conversations.group_conversation(maker, "Room", [other.pk for other in others]).id


def said(sender: User, conversation: int, text: str = "hello") -> store.StoredMessage:
    """Store a message."""
    return store.append_message(sender, conversation, uuid4(), text)
