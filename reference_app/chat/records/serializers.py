"""Convert rows to protocol models; no other module does that for messages and events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.models import Event, Message
from reference_app.protocol import MAX_EXCERPT
from reference_app.protocol.times import millis


@dataclass(frozen=True)
class MessageDetails:
    """What belongs to a message in addition to its row; most messages have nothing of it.

    ``has_private_quote`` says that the members see different quotes: the quoted message is withheld
    from one of them, or has another text for its sender.
    """

    quote: protocol.Quote | None = None
    mentions: tuple[int, ...] = ()
    reactions: tuple[protocol.Reaction, ...] = ()
    files: tuple[protocol.Attachment, ...] = ()
    has_private_quote: bool = False


PLAIN = MessageDetails()


def message_frame(
    message: Message, sender: User, epoch: int, details: MessageDetails = PLAIN
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
        reply_to=details.quote,
        mentions=details.mentions,
        reactions=details.reactions,
        files=details.files,
    )


def quote(message: Message, files: tuple[protocol.Attachment, ...] = ()) -> protocol.Quote:
    """Return the quote of a message that a reply shows; the message's sender must be loaded."""
    return protocol.Quote(
        id=message.pk,
        seq=message.seq,
        person=message.sender.as_person(),
        text=message.text[:MAX_EXCERPT],
        removed=message.removed_at is not None,
        files=files,
    )


def event_frame(event: Event, epoch: int, details: MessageDetails = PLAIN) -> protocol.Event:
    """Return the frame of a stored event; its actor, message and subject must be loaded.

    The frame shows the message as it is now, not as it was at the event. A client that receives
    all events in order ends with what is stored. No client receives text that has been replaced
    or removed since.
    """
    kind = Event.Kind(event.kind)
    message = event.message
    if kind is Event.Kind.READ:
        assert event.upto is not None
        return protocol.ReadEvent(**_durable_fields(event, epoch), upto=event.upto)
    if message is None:
        return notice_frame(event, epoch)
    match kind:
        case Event.Kind.MESSAGE:
            return message_frame(message, event.actor, epoch, details)
        case Event.Kind.EDITED:
            return protocol.EditedEvent(
                **_change_fields(event, epoch, message),
                text=message.text,
                mentions=details.mentions,
            )
        case Event.Kind.REMOVED:
            return protocol.RemovedEvent(**_change_fields(event, epoch, message))
        case Event.Kind.REACTED:
            return protocol.ReactedEvent(
                **_change_fields(event, epoch, message), reactions=details.reactions
            )
        case _:
            raise ValueError(f"an event of kind {kind} is about no message")


def notice_frame(event: Event, epoch: int) -> protocol.Notice:
    """Return the frame of a change of a group; the event's actor and subject must be loaded."""
    durable = _durable_fields(event, epoch)
    if event.kind == Event.Kind.RENAMED:
        return protocol.RenamedEvent(**durable, title=event.title)
    assert event.subject is not None
    return _ABOUT_SOMEBODY[event.kind](**durable, person=event.subject.as_person())


_ABOUT_SOMEBODY: dict[str, Callable[..., protocol.Notice]] = {
    Event.Kind.JOINED: protocol.JoinedEvent,
    Event.Kind.LEFT: protocol.LeftEvent,
    Event.Kind.OWNER: protocol.OwnerEvent,
}


def _durable_fields(event: Event, epoch: int) -> dict[str, Any]:
    return {
        "conversation": event.conversation_id,
        "epoch": epoch,
        "seq": event.seq,
        "at": millis(event.at),
        "actor": event.actor.as_person(),
    }


def _change_fields(event: Event, epoch: int, message: Message) -> dict[str, Any]:
    return _durable_fields(event, epoch) | {"message": message.pk, "message_seq": message.seq}
