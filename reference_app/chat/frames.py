"""From what is stored to what is sent: rows become protocol models here and nowhere else."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from reference_app.accounts.models import User
from reference_app.chat import protocol
from reference_app.chat.models import Event, Message


def millis(moment: datetime) -> int:
    """Return milliseconds since the Unix epoch."""
    return round(moment.timestamp() * 1000)


def message_frame(message: Message, sender: User, epoch: int) -> protocol.MessageEvent:
    """Return the frame of a stored message."""
    return protocol.MessageEvent(
        conversation=message.conversation_id,
        epoch=epoch,
        seq=message.seq,
        at=millis(message.created_at),
        actor=sender.as_person(),
        id=message.pk,
        client_id=message.client_id,
        text=message.text,
    )


def event_frame(event: Event, epoch: int) -> protocol.Event:
    """Return the frame of a stored event; its actor and message must be loaded."""
    kind = Event.Kind(event.kind)
    match kind:
        case Event.Kind.MESSAGE:
            assert event.message is not None
            return message_frame(event.message, event.actor, epoch)
        case Event.Kind.READ:
            assert event.upto is not None
            return protocol.ReadEvent(
                conversation=event.conversation_id,
                epoch=epoch,
                seq=event.seq,
                at=millis(event.at),
                actor=event.actor.as_person(),
                upto=event.upto,
            )
        case _:
            assert_never(kind)
