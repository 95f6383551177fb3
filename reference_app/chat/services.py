"""What people can do in a chat: the one way in for every carrier.

Each action stores, then publishes what was committed. HTTP endpoints call the plain
functions, the WebSocket consumer the ones that begin with ``a``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from channels.db import database_sync_to_async

from reference_app.accounts.models import User
from reference_app.chat import (
    acts,
    blocking,
    conversations,
    membership,
    protocol,
    publish,
    reading,
    store,
    typing_notices,
)
from reference_app.chat.models import Membership
from reference_app.chat.protocol import ConversationState
from reference_app.chat.writer import current_writer


def send(
    user: User,
    conversation_id: int,
    client_id: UUID,
    text: str,
    reply_to: int | None = None,
    file_ids: Collection[int] = (),
) -> protocol.Ack:
    """Store a message and tell the others; see store.append_message for refusals."""
    stored = store.append_message(user, conversation_id, client_id, text, reply_to, file_ids)
    if stored.event:
        publish.publish_from_thread(stored.event, stored.hidden_from)
    return stored.ack


async def asend(
    user: User,
    conversation_id: int,
    client_id: UUID,
    text: str,
    reply_to: int | None = None,
    file_ids: Collection[int] = (),
) -> protocol.Ack:
    """Store a message and tell the others; see store.append_message for refusals."""
    stored = await database_sync_to_async(store.append_message)(
        user, conversation_id, client_id, text, reply_to, file_ids
    )
    if stored.event:
        await publish.publish(stored.event, stored.hidden_from)
    return stored.ack


async def asend_gathered(
    user: User,
    conversation_id: int,
    client_id: UUID,
    text: str,
    reply_to: int | None = None,
    file_ids: Collection[int] = (),
) -> protocol.Ack:
    """Do as ``asend``, in one transaction with the other messages that wait in this process."""
    draft = store.Draft(user, conversation_id, client_id, text, reply_to, tuple(file_ids))
    return await current_writer().append(draft)


def edit_message(
    user: User, conversation_id: int, message_id: int, text: str
) -> protocol.Event | None:
    """Change a message and tell the others; see acts.edit_message for refusals."""
    return _told(acts.edit_message(user, conversation_id, message_id, text))


def remove_message(user: User, conversation_id: int, message_id: int) -> protocol.Event | None:
    """Remove a message and tell the others; see acts.remove_message for refusals."""
    return _told(acts.remove_message(user, conversation_id, message_id))


def react(
    user: User, conversation_id: int, message_id: int, emoji: str, *, on: bool
) -> protocol.Event | None:
    """Put an emoji on a message or take it off, and tell the others; see acts.react."""
    return _told(acts.react(user, conversation_id, message_id, emoji, on=on))


def mark_read(user: User, conversation_id: int, upto: int) -> None:
    """Move the user's read marker forward and tell the others."""
    _told(store.append_read(user, conversation_id, upto))


async def amark_read(user: User, conversation_id: int, upto: int) -> None:
    """Move the user's read marker forward and tell the others."""
    event = await database_sync_to_async(store.append_read)(user, conversation_id, upto)
    if event:
        await publish.publish(event)


def note_typing(user: User, conversation_id: int, *, active: bool) -> None:
    """Tell the others that the user types, or has stopped.

    Raises:
        Refused: the user is no member.
    """
    mine = Membership.objects.filter(user=user, frozen_seq=None)
    if not mine.filter(conversation=conversation_id).exists():
        raise store.not_a_member(conversation_id)
    person = user.as_person()
    publish.publish_from_thread(
        protocol.Typing(conversation=conversation_id, person=person, active=active),
        blocking.blocks_of_one(user).estranged,
    )
    typing_notices.note(conversation_id, person, active=active)


async def anote_typing(
    user: User, conversation_id: int, *, active: bool, hidden_from: Collection[int]
) -> None:
    """Tell the others that the user types; the caller knows that they are a member."""
    person = user.as_person()
    await publish.publish(
        protocol.Typing(conversation=conversation_id, person=person, active=active), hidden_from
    )
    # For pages that poll; sockets have it already.
    typing_notices.current_writer().put(conversation_id, person, active=active)


def open_direct(user: User, other_id: int) -> ConversationState:
    """Return the conversation with one other person, made at need."""
    return _announced(user, conversations.direct_conversation(user, other_id))


def create_group(user: User, title: str, member_ids: list[int]) -> ConversationState:
    """Make a group of the user and others."""
    return _announced(user, conversations.group_conversation(user, title, member_ids))


def delete_conversation(user: User, conversation_id: int) -> None:
    """Delete a conversation for good, for all of its members, and tell them.

    Raises:
        Refused: see conversations.delete_conversation.
    """
    _told_of_its_end(user, conversations.delete_conversation(user, conversation_id))


def rename_group(user: User, conversation_id: int, title: str) -> None:
    """Give a group another title, and tell its members; see membership.rename."""
    _all_told(membership.rename(user, conversation_id, title))


def add_members(user: User, conversation_id: int, people: Collection[int]) -> None:
    """Bring people into a group, and tell its members and them; see membership.add."""
    _all_told(membership.add(user, conversation_id, people))
    publish.publish_standing_from_thread(people)


def remove_member(user: User, conversation_id: int, person_id: int) -> None:
    """Remove somebody from a group, or leave it, and tell its members and who is out.

    Raises:
        Refused: see membership.remove and membership.leave.
    """
    if person_id != user.pk:
        _all_told(membership.remove(user, conversation_id, person_id))
    else:
        departure = membership.leave(user, conversation_id)
        _all_told(departure.events)
        if departure.deleted:
            _told_of_its_end(user, departure.deleted)
    publish.publish_standing_from_thread([person_id])


def hand_over_group(user: User, conversation_id: int, person_id: int) -> None:
    """Make a group somebody else's, and tell its members; see membership.hand_over."""
    _all_told(membership.hand_over(user, conversation_id, person_id))


def clear_conversation(user: User, conversation_id: int) -> None:
    """Let the user see nothing of what is in a conversation now, in any of their pages."""
    membership.clear(user, conversation_id)
    publish.publish_standing_from_thread([user.pk])


def block(user: User, person_id: int) -> None:
    """Block somebody; see blocking.block. The sockets of both look where they stand."""
    if blocking.block(user, person_id):
        publish.publish_standing_from_thread([user.pk, person_id])


def unblock(user: User, person_id: int) -> None:
    """Block somebody no more."""
    if blocking.unblock(user, person_id):
        publish.publish_standing_from_thread([user.pk, person_id])


def _announced(user: User, made: conversations.MadeConversation) -> ConversationState:
    publish.publish_standing_from_thread(made.new_members)
    return reading.conversation(user, made.id)


def _told_of_its_end(user: User, deleted: conversations.DeletedConversation) -> None:
    publish.publish_from_thread(protocol.Gone(conversation=deleted.id, by=user.as_person()))
    publish.publish_standing_from_thread(deleted.members)


def _all_told(events: Iterable[protocol.Event]) -> None:
    for event in events:
        publish.publish_from_thread(event)


def _told(event: protocol.Event | None) -> protocol.Event | None:
    if event:
        publish.publish_from_thread(event)
    return event
