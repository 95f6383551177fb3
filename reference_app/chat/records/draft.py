"""The record of a message to store, from the request or frame to the store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from reference_app import protocol
from reference_app.accounts.models import User

DIGEST_BYTES = 16
"""Length of a digest; the database has it in hexadecimal."""


@dataclass(frozen=True)
class Draft:
    """A message before it is stored; the protocol has checked its fields.

    ``reply_to`` is the id of the message that it answers; ``files`` are ids of uploaded files.
    """

    sender: User
    conversation: int
    client_id: UUID
    text: str
    reply_to: int | None = None
    files: tuple[int, ...] = ()

    @classmethod
    def of(
        cls, sender: User, conversation: int, content: protocol.SendFrame | protocol.NewMessage
    ) -> Draft:
        """Return the draft of a message that a user sends in a frame or a request body."""
        return cls(
            sender,
            conversation,
            content.client_id,
            content.text,
            content.reply_to,
            tuple(content.files),
        )

    def digest(self) -> str:
        """Return a digest of the content, by which the store recognizes a repeat.

        It covers everything that the sender chooses, except the ``client_id``.
        """
        content = json.dumps([self.conversation, self.text, self.reply_to, self.files])
        return blake2b(content.encode(), digest_size=DIGEST_BYTES).hexdigest()
