"""From what is stored to what is sent: rows become protocol models here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reference_app.accounts.models import User
from reference_app.chat import protocol
from reference_app.chat.models import Event, Message
from reference_app.chat.protocol import MAX_EXCERPT


@dataclass(frozen=True)
class Notes:
    """What belongs to a message beside its row: most messages have nothing of it."""

    quote: protocol.Quote | None = None
    mentions: tuple[int, ...] = ()
    reactions: tuple[protocol.Reaction, ...] = ()
    files: tuple[protocol.Attachment, ...] = ()


PLAIN = Notes()


def millis(moment: datetime) -> int:
    """Return milliseconds since the Unix epoch."""
    return round(moment.timestamp() * 1000)


def message_frame(
    message: Message, sender: User, epoch: int, notes: Notes = PLAIN
) -> protocol.MessageEvent:
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
        edited_at=millis(message.edited_at) if message.edited_at else None,
        removed=message.removed_at is not None,
        reply_to=notes.quote,
        mentions=notes.mentions,
        reactions=notes.reactions,
        files=notes.files,
    )


def quote(message: Message, files: tuple[protocol.Attachment, ...] = ()) -> protocol.Quote:
    """Return a message as those quote it that answer it; its sender must be loaded."""
    return protocol.Quote(
        id=message.pk,
        seq=message.seq,
        person=message.sender.as_person(),
        text=message.text[:MAX_EXCERPT],
        removed=message.removed_at is not None,
        files=files,
    )


def event_frame(event: Event, epoch: int, notes: Notes = PLAIN) -> protocol.Event:
    """Return the frame of a stored event; its actor, message and subject must be loaded.

    What it tells of a message is how that is now. Whoever hears of all events in their
    order ends with what is stored, and nobody is told what somebody has taken back.
    """
    kind = Event.Kind(event.kind)
    message = event.message
    if kind is Event.Kind.READ:
        assert event.upto is not None
        return protocol.ReadEvent(**_durable(event, epoch), upto=event.upto)
    if message is None:
        return notice_frame(event, epoch)
    match kind:
        case Event.Kind.MESSAGE:
            return message_frame(message, event.actor, epoch, notes)
        case Event.Kind.EDITED:
            return protocol.EditedEvent(
                **_act(event, epoch, message), text=message.text, mentions=notes.mentions
            )
        case Event.Kind.REMOVED:
            return protocol.RemovedEvent(**_act(event, epoch, message))
        case Event.Kind.REACTED:
            return protocol.ReactedEvent(**_act(event, epoch, message), reactions=notes.reactions)
        case _:
            raise ValueError(f"an event of kind {kind} is about no message")


def notice_frame(event: Event, epoch: int) -> protocol.Notice:
    """Return the frame of what happened to a group; actor and subject must be loaded."""
    durable = _durable(event, epoch)
    if event.kind == Event.Kind.RENAMED:
        return protocol.RenamedEvent(**durable, title=event.title)
    assert event.subject is not None
    return _ABOUT_SOMEBODY[event.kind](**durable, person=event.subject.as_person())


_ABOUT_SOMEBODY: dict[str, Callable[..., protocol.Notice]] = {
    Event.Kind.JOINED: protocol.JoinedEvent,
    Event.Kind.LEFT: protocol.LeftEvent,
    Event.Kind.OWNER: protocol.OwnerEvent,
}


def _durable(event: Event, epoch: int) -> dict[str, Any]:
    return {
        "conversation": event.conversation_id,
        "epoch": epoch,
        "seq": event.seq,
        "at": millis(event.at),
        "actor": event.actor.as_person(),
    }


def _act(event: Event, epoch: int, message: Message) -> dict[str, Any]:
    return _durable(event, epoch) | {"message": message.pk, "message_seq": message.seq}
