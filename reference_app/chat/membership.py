"""Who is in a group, what it is called and whose it is; and clearing one's own view.

As in store.py, each function is one transaction and publishes nothing: it returns the
events that are to be told, in their order, and none where nothing has changed. Any member
may add people and rename the group; only its owner removes people and hands it over.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from reference_app.accounts.models import User
from reference_app.chat import blocking, protocol
from reference_app.chat.conversations import (
    DeletedConversation,
    delete_conversation,
    people_of,
)
from reference_app.chat.frames import notice_frame
from reference_app.chat.models import Conversation, Event, Membership, Message
from reference_app.chat.protocol import MAX_GROUP, ErrorCode, Refused
from reference_app.chat.store import locked_for_member, next_seq


@dataclass(frozen=True)
class Departure:
    """That somebody left: what is told of it, or, if they were the last, what went with them."""

    events: tuple[protocol.Event, ...]
    deleted: DeletedConversation | None = None


@transaction.atomic
def rename(user: User, conversation_id: int, title: str) -> tuple[protocol.Event, ...]:
    """Give a group another title.

    Raises:
        Refused: the user is no member, or it is no group.
    """
    group = _locked_group(user, conversation_id)
    title = title.strip()
    if title == group.title:
        return ()
    group.title = title
    group.save(update_fields=["title"])
    return (_happened(Event.Kind.RENAMED, user, group, title=title),)


@transaction.atomic
def add(
    user: User, conversation_id: int, people_ids: Collection[int]
) -> tuple[protocol.Event, ...]:
    """Bring people into a group; who is in it already is passed over.

    They see what was said before, and none of it counts as unread.

    Raises:
        Refused: the user is no member, it is no group, one of the people does not exist, or
            they are more than a group may have.
    """
    group = _locked_group(user, conversation_id)
    people = people_of(set(people_ids))
    present = set(group.memberships.values_list("user", flat=True))
    fresh = [person for person in people if person.pk not in present]
    if len(present) + len(fresh) > MAX_GROUP:
        raise Refused(
            ErrorCode.TOO_LONG, f"A group has at most {MAX_GROUP} members.", conversation_id
        )
    newest = Message.objects.filter(conversation=group).order_by("-seq")
    read_seq = newest.values_list("seq", flat=True).first() or 0
    rows = blocking.brought_together(group, user, fresh, blocking.blocks_of_one(user))
    for row in rows:
        row.read_seq = read_seq
    Membership.objects.bulk_create(rows)
    return tuple(_happened(Event.Kind.JOINED, user, group, person) for person in fresh)


@transaction.atomic
def remove(user: User, conversation_id: int, person_id: int) -> tuple[protocol.Event, ...]:
    """Remove somebody else from a group.

    Raises:
        Refused: the user is no member or not the owner, it is no group, or the person is
            not in it.
    """
    group = _locked_group(user, conversation_id)
    _refuse_unless_owner(user, group, "remove people")
    member = _member(group, person_id)
    member.delete()
    return (_happened(Event.Kind.LEFT, user, group, member.user),)


@transaction.atomic
def leave(user: User, conversation_id: int) -> Departure:
    """Leave a group.

    An owner who has not handed it over leaves it to whoever has been in it longest. With
    its last member a group is deleted: nobody could ever read it again.

    Raises:
        Refused: the user is no member, or it is no group.
    """
    group = _locked_group(user, conversation_id)
    others = group.memberships.exclude(user=user).select_related("user")
    if not others:
        group.owner = user
        group.save(update_fields=["owner"])
        return Departure((), delete_conversation(user, conversation_id))
    events = []
    if group.owner_id == user.pk:
        # Not to somebody who is not shown the group, if it can be helped.
        heir = others.order_by(F("frozen_seq").asc(nulls_first=True), "pk")[0].user
        events.append(_handed_over(user, group, heir))
    group.memberships.filter(user=user).delete()
    events.append(_happened(Event.Kind.LEFT, user, group, user))
    return Departure(tuple(events))


@transaction.atomic
def hand_over(user: User, conversation_id: int, person_id: int) -> tuple[protocol.Event, ...]:
    """Make a group somebody else's.

    Raises:
        Refused: the user is no member or not the owner, it is no group, or the person is
            not in it.
    """
    group = _locked_group(user, conversation_id)
    _refuse_unless_owner(user, group, "hand it over")
    if person_id == user.pk:
        return ()
    return (_handed_over(user, group, _member(group, person_id).user),)


@transaction.atomic
def clear(user: User, conversation_id: int) -> None:
    """Let the user see nothing of what is in a conversation now; for others all of it stays.

    Raises:
        Refused: the user is no member.
    """
    conversation = locked_for_member(user, conversation_id, even_frozen=True)
    conversation.memberships.filter(user=user).update(
        cleared_seq=conversation.last_seq, version=F("version") + 1
    )


def _locked_group(user: User, conversation_id: int) -> Conversation:
    conversation = locked_for_member(user, conversation_id)
    if conversation.kind != Conversation.Kind.GROUP:
        raise Refused(ErrorCode.INVALID, "That can be done in groups only.", conversation_id)
    return conversation


def _refuse_unless_owner(user: User, group: Conversation, act: str) -> None:
    if group.owner_id != user.pk:
        raise Refused(ErrorCode.FORBIDDEN, f"Only the owner of a group can {act}.", group.pk)


def _member(group: Conversation, person_id: int) -> Membership:
    member = group.memberships.select_related("user").filter(user=person_id).first()
    if member is None:
        raise Refused(ErrorCode.NOT_FOUND, "That person is not in this group.", group.pk)
    return member


def _handed_over(user: User, group: Conversation, heir: User) -> protocol.Event:
    group.owner = heir
    group.save(update_fields=["owner"])
    return _happened(Event.Kind.OWNER, user, group, heir)


def _happened(
    kind: Event.Kind,
    user: User,
    group: Conversation,
    subject: User | None = None,
    *,
    title: str = "",
) -> protocol.Event:
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
