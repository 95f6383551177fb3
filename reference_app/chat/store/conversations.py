"""Create and delete conversations. Each of these functions is one transaction.

Nothing is published here: the caller publishes after the commit.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from reference_app.accounts.models import User
from reference_app.chat.models import Conversation, Membership, Mention, Reaction
from reference_app.chat.records.errors import nobody
from reference_app.chat.store import attachments, blocks
from reference_app.chat.store.locking import lock_for_member
from reference_app.protocol import ErrorCode, Refused


@dataclass(frozen=True)
class MadeConversation:
    """A conversation, and its new members, whose sockets the caller has to refresh."""

    id: int
    new_members: tuple[int, ...]


@dataclass(frozen=True)
class DeletedConversation:
    """A conversation that has been deleted, and its members, whom the caller has to inform."""

    id: int
    members: tuple[int, ...]


@transaction.atomic
def direct_conversation(user: User, other_id: int) -> MadeConversation:
    """Return the direct conversation of two people; create it if they have none.

    Raises:
        Refused: the other person does not exist, is the user, or is blocked by the user.
    """
    if other_id == user.pk:
        raise Refused(ErrorCode.INVALID, "A direct conversation needs another person.")
    people = people_of({other_id})
    mine = blocks.blocks_before_a_direct_conversation(user, other_id)
    conversation, created = Conversation.objects.get_or_create(
        direct_key=blocks.direct_key(user.pk, other_id),
        defaults={"kind": Conversation.Kind.DIRECT},
    )
    if not created:
        return MadeConversation(conversation.pk, ())
    return _add_members(conversation, user, people, mine)


@transaction.atomic
def group_conversation(user: User, title: str, member_ids: Collection[int]) -> MadeConversation:
    """Create a group of these people and the user, who owns it.

    Raises:
        Refused: one of the people does not exist.
    """
    people = people_of(set(member_ids) - {user.pk})
    conversation = Conversation.objects.create(
        kind=Conversation.Kind.GROUP, title=title.strip(), owner=user
    )
    return _add_members(conversation, user, people, blocks.blocks_of_one(user))


@transaction.atomic
def delete_conversation(user: User, conversation_id: int) -> DeletedConversation:
    """Delete a conversation with everything in it, for all of its members.

    Raises:
        Refused: the user is not a member, or it is a group that somebody else owns.
    """
    conversation = lock_for_member(user, conversation_id, even_frozen=True)
    if conversation.kind == Conversation.Kind.GROUP and conversation.owner_id != user.pk:
        raise Refused(ErrorCode.FORBIDDEN, "Only its owner can delete a group.", conversation_id)
    members = conversation.memberships.values_list("user", flat=True)
    deleted = DeletedConversation(conversation_id, tuple(members))
    # Table by table, and messages after the rows that refer to them. Otherwise Django would load
    # each message to find those rows.
    for model in (Mention, Reaction):
        model.objects.filter(message__conversation=conversation).delete()
    attachments.remove_from(conversation)
    for related in (conversation.events, conversation.messages, conversation.memberships):
        related.all().delete()
    conversation.delete()
    return deleted


def people_of(ids: set[int]) -> list[User]:
    """Return the people with these ids.

    Raises:
        Refused: one of them does not exist.
    """
    people = list(User.objects.filter(pk__in=ids, is_active=True))
    missing = ids - {person.pk for person in people}
    if missing:
        raise nobody(min(missing))
    return people


def _add_members(
    conversation: Conversation, user: User, others: list[User], mine: blocks.Blocks
) -> MadeConversation:
    everybody = [user, *others]
    Membership.objects.bulk_create(blocks.build_memberships(conversation, user, everybody, mine))
    return MadeConversation(conversation.pk, tuple(person.pk for person in everybody))
