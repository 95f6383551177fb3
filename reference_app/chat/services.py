"""What users can do in the chat: the one way in for HTTP and WebSocket.

Each function stores a change by a transaction of ``store``, which checks that the user may make it,
then publishes what was committed. HTTP endpoints call the plain functions, WebSocket endpoints
those that begin with ``a``. Reading is in ``queries``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from channels.db import database_sync_to_async
from django.core.files.uploadedfile import UploadedFile

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.fanout import publish, typing_cache
from reference_app.chat.message_writer import message_writers, publish_stored
from reference_app.chat.models import Membership
from reference_app.chat.queries import presence
from reference_app.chat.queries.conversations import load_state
from reference_app.chat.records.draft import Draft
from reference_app.chat.records.errors import not_a_member
from reference_app.chat.store import (
    attachments,
    blocks,
    conversations,
    groups,
    message_changes,
    messages,
    read_markers,
    uploads,
)
from reference_app.protocol import ConversationState


class Subscription(Protocol):
    """What a socket is subscribed to, as far as its process knows."""

    def is_subscribed(self, conversation_id: int) -> bool:
        """Whether its user is a member and, in a direct conversation, does not block the other."""

    @property
    def blocked_either_way(self) -> Collection[int]:
        """Users who must not see that its user types."""


def send(draft: Draft) -> protocol.Ack:
    """Store a message and publish it; see store.messages.append_message for refusals."""
    stored = messages.append_message(draft)
    publish.publish_from_thread(
        stored.event, stored.audience.hidden_from, is_repeat=stored.ack.duplicate
    )
    publish.publish_refresh_from_thread(stored.audience.synced)
    return stored.ack


async def asend(draft: Draft) -> protocol.Ack:
    """Store a message and publish it; see store.messages.append_message for refusals."""
    stored = await database_sync_to_async(messages.append_message)(draft)
    await publish_stored(stored)
    return stored.ack


async def asend_batched(draft: Draft) -> protocol.Ack:
    """Do as ``asend``, in one transaction with the other messages that wait in this process."""
    return await message_writers.get().submit(draft)


def edit_message(
    user: User, conversation_id: int, message_id: int, text: str
) -> protocol.Event | None:
    """Change a message and publish that; see store.message_changes for refusals."""
    return _publish_change(message_changes.edit_message(user, conversation_id, message_id, text))


def remove_message(user: User, conversation_id: int, message_id: int) -> protocol.Event | None:
    """Remove a message and publish that; see store.message_changes for refusals."""
    return _publish_change(message_changes.remove_message(user, conversation_id, message_id))


def react(
    user: User, conversation_id: int, message_id: int, emoji: str, *, on: bool
) -> protocol.Event | None:
    """Put an emoji on a message or take it off, and publish that; see store.message_changes."""
    return _publish_change(message_changes.react(user, conversation_id, message_id, emoji, on=on))


def mark_read(user: User, conversation_id: int, upto: int) -> None:
    """Move the user's read marker forward and publish that."""
    event = read_markers.append_read(user, conversation_id, upto)
    if event:
        publish.publish_from_thread(event)


async def amark_read(user: User, conversation_id: int, upto: int) -> None:
    """Move the user's read marker forward and publish that."""
    event = await database_sync_to_async(read_markers.append_read)(user, conversation_id, upto)
    if event:
        await publish.publish(event)


def publish_typing(user: User, conversation_id: int, *, active: bool) -> None:
    """Publish that the user types, or has stopped.

    Raises:
        Refused: the user is no member.
    """
    mine = Membership.objects.filter(user=user, frozen_seq=None)
    if not mine.filter(conversation=conversation_id).exists():
        raise not_a_member(conversation_id)
    person = user.as_person()
    publish.publish_from_thread(
        protocol.Typing(conversation=conversation_id, person=person, active=active),
        blocks.blocks_of_one(user).either_way,
    )
    typing_cache.store_notice(conversation_id, person, active=active)


async def apublish_typing(
    user: User, frame: protocol.TypingFrame, subscription: Subscription
) -> None:
    """Publish that the user types, or has stopped.

    Membership is what the socket's subscription says: typing is too frequent for a query.

    Raises:
        Refused: the user is no member.
    """
    if not subscription.is_subscribed(frame.conversation):
        raise not_a_member(frame.conversation)
    person = user.as_person()
    typing = protocol.Typing(conversation=frame.conversation, person=person, active=frame.active)
    await publish.publish(typing, subscription.blocked_either_way)
    # For pages that poll; sockets have it already.
    typing_cache.writers.get().put(frame.conversation, person, active=frame.active)


def open_direct(user: User, other_id: int) -> ConversationState:
    """Return the conversation with one other person; create it if there is none."""
    return _load_new(user, conversations.direct_conversation(user, other_id))


def create_group(user: User, title: str, member_ids: list[int]) -> ConversationState:
    """Create a group of the user and others."""
    return _load_new(user, conversations.group_conversation(user, title, member_ids))


def delete_conversation(user: User, conversation_id: int) -> None:
    """Delete a conversation for good, for all of its members, and publish that.

    Raises:
        Refused: see conversations.delete_conversation.
    """
    _publish_deletion(user, conversations.delete_conversation(user, conversation_id))


def rename_group(user: User, conversation_id: int, title: str) -> None:
    """Rename a group and publish that; see store.groups.rename."""
    _publish_all(groups.rename(user, conversation_id, title))


def add_members(user: User, conversation_id: int, people: Collection[int]) -> None:
    """Add people to a group and publish that; see store.groups.add."""
    _publish_all(groups.add(user, conversation_id, people))
    publish.publish_refresh_from_thread(people)


def remove_member(user: User, conversation_id: int, person_id: int) -> None:
    """Remove somebody from a group, or leave it, and publish that.

    Raises:
        Refused: see store.groups.remove and store.groups.leave.
    """
    if person_id != user.pk:
        _publish_all(groups.remove(user, conversation_id, person_id))
    else:
        departure = groups.leave(user, conversation_id)
        _publish_all(departure.events)
        if departure.deleted:
            _publish_deletion(user, departure.deleted)
    publish.publish_refresh_from_thread([person_id])


def hand_over_group(user: User, conversation_id: int, person_id: int) -> None:
    """Make another member the owner of a group and publish that; see store.groups.hand_over."""
    _publish_all(groups.hand_over(user, conversation_id, person_id))


def clear_conversation(user: User, conversation_id: int) -> None:
    """Hide everything that is in a conversation now from the user, on all of their pages."""
    groups.clear(user, conversation_id)
    publish.publish_refresh_from_thread([user.pk])


def block(user: User, person_id: int) -> None:
    """Block somebody; see store.blocks.block. The sockets of both are refreshed."""
    if blocks.block(user, person_id):
        publish.publish_refresh_from_thread([user.pk, person_id])


def unblock(user: User, person_id: int) -> None:
    """Unblock somebody."""
    if blocks.unblock(user, person_id):
        publish.publish_refresh_from_thread([user.pk, person_id])


def upload_file(
    user: User, conversation_id: int, upload: UploadedFile[bytes]
) -> protocol.Attachment:
    """Store a file for a message that the user is about to send; see store.uploads for refusals."""
    return uploads.store_upload(user, conversation_id, upload)


def withdraw_file(user: User, file_id: int) -> None:
    """Remove a file that the user has uploaded and not sent."""
    attachments.withdraw(user, file_id)


def record_presence(user: User) -> protocol.Presence:
    """Store that the user looks at the page; return who else does."""
    return presence.record_presence(user)


def change_profile(user: User, change: protocol.ProfileChange) -> None:
    """Change what others read about the user."""
    user.display_name, user.about = change.name, change.about
    user.save(update_fields=["display_name", "about"])
    refresh_sockets(user)


def refresh_sockets(user: User) -> None:
    """Make the user's sockets reload the user, and close those whose session has ended."""
    publish.publish_refresh_from_thread([user.pk])


def _load_new(user: User, made: conversations.MadeConversation) -> ConversationState:
    publish.publish_refresh_from_thread(made.new_members)
    return load_state(user, made.id)


def _publish_deletion(user: User, deleted: conversations.DeletedConversation) -> None:
    publish.publish_from_thread(protocol.Gone(conversation=deleted.id, by=user.as_person()))
    publish.publish_refresh_from_thread(deleted.members)


def _publish_all(events: Iterable[protocol.Event]) -> None:
    for event in events:
        publish.publish_from_thread(event)


def _publish_change(change: message_changes.StoredChange | None) -> protocol.Event | None:
    if change is None:
        return None
    publish.publish_from_thread(change.event, change.audience.hidden_from)
    publish.publish_refresh_from_thread(change.audience.synced)
    return change.event
