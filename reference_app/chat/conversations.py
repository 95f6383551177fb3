"""Conversations that begin and end: each function is one transaction.

Nothing is published here: what a caller publishes has been committed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from reference_app.accounts.models import User
from reference_app.chat import blocking, files
from reference_app.chat.models import Conversation, Membership, Mention, Reaction
from reference_app.chat.protocol import ErrorCode, Refused
from reference_app.chat.store import locked_for_member


@dataclass(frozen=True)
class MadeConversation:
    """A conversation, and who has to be told that they are in it now."""

    id: int
    new_members: tuple[int, ...]


@dataclass(frozen=True)
class DeletedConversation:
    """A conversation that is no more, and who has to be told."""

    id: int
    members: tuple[int, ...]


@transaction.atomic
def direct_conversation(user: User, other_id: int) -> MadeConversation:
    """Return the conversation of two people, made if they have none.

    Raises:
        Refused: there is no such person, it is oneself, or the user blocks them.
    """
    if other_id == user.pk:
        raise Refused(ErrorCode.INVALID, "A direct conversation needs another person.")
    people = people_of({other_id})
    blocks = blocking.blocks_before_a_direct_conversation(user, other_id)
    conversation, created = Conversation.objects.get_or_create(
        direct_key=blocking.direct_key(user.pk, other_id),
        defaults={"kind": Conversation.Kind.DIRECT},
    )
    if not created:
        return MadeConversation(conversation.pk, ())
    return _with_members(conversation, user, people, blocks)


@transaction.atomic
def group_conversation(user: User, title: str, member_ids: Collection[int]) -> MadeConversation:
    """Make a group of these people and the user.

    Raises:
        Refused: one of the people does not exist.
    """
    people = people_of(set(member_ids) - {user.pk})
    conversation = Conversation.objects.create(
        kind=Conversation.Kind.GROUP, title=title.strip(), owner=user
    )
    return _with_members(conversation, user, people, blocking.blocks_of_one(user))


@transaction.atomic
def delete_conversation(user: User, conversation_id: int) -> DeletedConversation:
    """Delete a conversation with everything in it, for all of its members.

    Raises:
        Refused: the user is no member, or it is a group of somebody else's.
    """
    conversation = locked_for_member(user, conversation_id, even_frozen=True)
    if conversation.kind == Conversation.Kind.GROUP and conversation.owner_id != user.pk:
        raise Refused(ErrorCode.FORBIDDEN, "Only its owner can delete a group.", conversation_id)
    members = conversation.memberships.values_list("user", flat=True)
    deleted = DeletedConversation(conversation_id, tuple(members))
    # One by one, the messages after what hangs on them: Django would otherwise load each to
    # find that.
    for annotation in (Mention, Reaction):
        annotation.objects.filter(message__conversation=conversation).delete()
    files.remove_from(conversation)
    for rows in (conversation.events, conversation.messages, conversation.memberships):
        rows.all().delete()
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
        raise blocking.nobody(min(missing))
    return people


def _with_members(
    conversation: Conversation, user: User, others: list[User], blocks: blocking.Blocks
) -> MadeConversation:
    everybody = [user, *others]
    Membership.objects.bulk_create(blocking.brought_together(conversation, user, everybody, blocks))
    return MadeConversation(conversation.pk, tuple(person.pk for person in everybody))
