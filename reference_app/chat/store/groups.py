"""Change a group's members, title and owner; clear a conversation for one member.

As in store/messages.py, each public function is one transaction and publishes nothing. It returns
the events for the caller to publish, in order, and none if nothing has changed. Any member may
add people and rename the group. Only the owner may remove people and hand the group over.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.models import Conversation, Event, Membership, Message
from reference_app.chat.records.serializers import notice_frame
from reference_app.chat.store import blocks
from reference_app.chat.store.conversations import (
    DeletedConversation,
    delete_conversation,
    people_of,
)
from reference_app.chat.store.locking import lock_for_member, next_seq
from reference_app.protocol import MAX_GROUP, ErrorCode, Refused


@dataclass(frozen=True)
class Departure:
    """The result of leaving: the events to publish, or the group that the last member deleted."""

    events: tuple[protocol.Event, ...]
    deleted: DeletedConversation | None = None


@transaction.atomic
def rename(user: User, conversation_id: int, title: str) -> tuple[protocol.Event, ...]:
    """Give a group another title.

    Raises:
        Refused: the user is not a member, or the conversation is not a group.
    """
    group = _lock_group(user, conversation_id)
    title = title.strip()
    if title == group.title:
        return ()
    group.title = title
    group.save(update_fields=["title"])
    return (_append_event(Event.Kind.RENAMED, user, group, title=title),)


@transaction.atomic
def add(
    user: User, conversation_id: int, people_ids: Collection[int]
) -> tuple[protocol.Event, ...]:
    """Add people to a group; people who are members already are skipped.

    The new members see the older messages, and none of these count as unread.

    Raises:
        Refused: the user is not a member, the conversation is not a group, one of the people
            does not exist, or the group would have more than MAX_GROUP members.
    """
    group = _lock_group(user, conversation_id)
    people = people_of(set(people_ids))
    present = set(group.memberships.values_list("user", flat=True))
    new_members = [person for person in people if person.pk not in present]
    if len(present) + len(new_members) > MAX_GROUP:
        raise Refused(
            ErrorCode.TOO_LONG, f"A group has at most {MAX_GROUP} members.", conversation_id
        )
    newest = Message.objects.filter(conversation=group).order_by("-seq")
    read_seq = newest.values_list("seq", flat=True).first() or 0
    rows = blocks.build_memberships(group, user, new_members, blocks.blocks_of_one(user))
    for row in rows:
        row.read_seq = read_seq
    Membership.objects.bulk_create(rows)
    return tuple(_append_event(Event.Kind.JOINED, user, group, person) for person in new_members)


@transaction.atomic
def remove(user: User, conversation_id: int, person_id: int) -> tuple[protocol.Event, ...]:
    """Remove somebody else from a group.

    Raises:
        Refused: the user is not a member or not the owner, the conversation is not a group, or
            the person is not in it.
    """
    group = _lock_group(user, conversation_id)
    _refuse_unless_owner(user, group, "remove people")
    member = _load_member(group, person_id)
    member.delete()
    return (_append_event(Event.Kind.LEFT, user, group, member.user),)


@transaction.atomic
def leave(user: User, conversation_id: int) -> Departure:
    """Leave a group.

    If the owner leaves, the member who joined first becomes the owner. If the last member
    leaves, the group is deleted, because nobody could read it any more.

    Raises:
        Refused: the user is not a member, or the conversation is not a group.
    """
    group = _lock_group(user, conversation_id)
    others = group.memberships.exclude(user=user).select_related("user")
    if not others:
        group.owner = user
        group.save(update_fields=["owner"])
        return Departure((), delete_conversation(user, conversation_id))
    events = []
    if group.owner_id == user.pk:
        # Members to whom the group is not shown come last: they have a frozen_seq.
        new_owner = others.order_by(F("frozen_seq").asc(nulls_first=True), "pk")[0].user
        events.append(_set_owner(user, group, new_owner))
    group.memberships.filter(user=user).delete()
    events.append(_append_event(Event.Kind.LEFT, user, group, user))
    return Departure(tuple(events))


@transaction.atomic
def hand_over(user: User, conversation_id: int, person_id: int) -> tuple[protocol.Event, ...]:
    """Make another member the owner of a group.

    Raises:
        Refused: the user is not a member or not the owner, the conversation is not a group, or
            the person is not in it.
    """
    group = _lock_group(user, conversation_id)
    _refuse_unless_owner(user, group, "hand it over")
    if person_id == user.pk:
        return ()
    return (_set_owner(user, group, _load_member(group, person_id).user),)


@transaction.atomic
def clear(user: User, conversation_id: int) -> None:
    """Hide everything that is in a conversation now from the user; others still see it.

    Raises:
        Refused: the user is not a member.
    """
    conversation = lock_for_member(user, conversation_id, even_frozen=True)
    conversation.memberships.filter(user=user).update(
        cleared_seq=conversation.last_seq, version=F("version") + 1
    )


def _lock_group(user: User, conversation_id: int) -> Conversation:
    conversation = lock_for_member(user, conversation_id)
    if conversation.kind != Conversation.Kind.GROUP:
        raise Refused(ErrorCode.INVALID, "That can be done in groups only.", conversation_id)
    return conversation


def _refuse_unless_owner(user: User, group: Conversation, act: str) -> None:
    if group.owner_id != user.pk:
        raise Refused(ErrorCode.FORBIDDEN, f"Only the owner of a group can {act}.", group.pk)


def _load_member(group: Conversation, person_id: int) -> Membership:
    member = group.memberships.select_related("user").filter(user=person_id).first()
    if member is None:
        raise Refused(ErrorCode.NOT_FOUND, "That person is not in this group.", group.pk)
    return member


def _set_owner(user: User, group: Conversation, new_owner: User) -> protocol.Event:
    group.owner = new_owner
    group.save(update_fields=["owner"])
    return _append_event(Event.Kind.OWNER, user, group, new_owner)


def _append_event(
    kind: Event.Kind,
    user: User,
    group: Conversation,
    subject: User | None = None,
    *,
    title: str = "",
) -> protocol.Event:
    """Store the event of a change, and return its frame."""
    event = Event.objects.create(
        conversation=group,
        seq=next_seq(group),
        kind=kind,
        actor=user,
        at=timezone.now(),
        subject=subject,
        title=title,
    )
    return notice_frame(event, group.epoch)
