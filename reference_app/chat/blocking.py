"""Blocking somebody: what it changes for either, and that the other learns nothing of it.

The blocker's view of the direct conversation stands still; the blocked person writes on,
and what they write is kept for themselves alone (docs/decisions/0008-blocking.md). Whatever
depends on whether two people block each other locks both of their rows first, so that
nobody opens a conversation while it is being closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q, QuerySet

from reference_app.accounts.models import User
from reference_app.chat import protocol
from reference_app.chat.compiled_queries import CompiledQuery, Row
from reference_app.chat.models import Block, Conversation, Membership
from reference_app.chat.protocol import ErrorCode, Refused


@dataclass(frozen=True)
class Blocks:
    """Whom one person blocks, and who blocks them."""

    mine: frozenset[int] = frozenset()
    by: frozenset[int] = frozenset()

    @property
    def estranged(self) -> frozenset[int]:
        """Those whose presence and typing one does not see, nor they one's own."""
        return self.mine | self.by


NONE = Blocks()


@transaction.atomic
def block(user: User, other_id: int) -> bool:
    """Block somebody; False if the user does already.

    Raises:
        Refused: it is oneself, or there is nobody with this id.
    """
    if other_id == user.pk:
        raise Refused(ErrorCode.INVALID, "You cannot block yourself.")
    if other_id not in _locked(user.pk, other_id):
        raise nobody(other_id)
    _block, created = Block.objects.get_or_create(blocker=user, blocked_id=other_id)
    if created:
        _freeze(user, other_id)
    return created


@transaction.atomic
def unblock(user: User, other_id: int) -> bool:
    """Block somebody no more; False if the user does not."""
    _locked(user.pk, other_id)
    deleted, _ = Block.objects.filter(blocker=user, blocked=other_id).delete()
    if not deleted:
        return False
    frozen = Membership.objects.filter(user=user, frozen_for=other_id)
    # What is written meanwhile is either withheld or seen.
    conversations = Conversation.objects.select_for_update().order_by("pk")
    list(conversations.filter(pk__in=frozen.values("conversation")))
    Membership.objects.filter(
        conversation__direct_key=direct_key(user.pk, other_id), user=other_id
    ).update(withheld=False)
    frozen.update(frozen_seq=None, frozen_for=None, version=F("version") + 1)
    return True


def blocked_people(user: User) -> list[protocol.Person]:
    """Return whom a user blocks, by their names."""
    found = User.objects.filter(blocked_by__blocker=user).order_by("username")
    return [person.as_person() for person in found]


def _blocks(user_ids: Collection[int]) -> QuerySet[Block, Row]:
    found = Block.objects.filter(Q(blocker__in=user_ids) | Q(blocked__in=user_ids))
    return found.values_list("blocker", "blocked")


BLOCKS = CompiledQuery(Block, _blocks)


def blocks_of(user_ids: Collection[int]) -> dict[int, Blocks]:
    """Return the blocks of each of these users, in one query; those without any are left out."""
    mine: dict[int, set[int]] = defaultdict(set)
    by: dict[int, set[int]] = defaultdict(set)
    for blocker, blocked in BLOCKS.rows_in_batches(user_ids):
        mine[blocker].add(blocked)
        by[blocked].add(blocker)
    return {
        user: Blocks(frozenset(mine[user]), frozenset(by[user]))
        for user in user_ids
        if user in mine or user in by
    }


def blocks_of_one(user: User) -> Blocks:
    """Return the blocks of one user."""
    return blocks_of([user.pk]).get(user.pk, NONE)


def blocks_before_a_direct_conversation(user: User, other_id: int) -> Blocks:
    """Return the user's blocks; none between the two changes until the transaction ends.

    Raises:
        Refused: the user blocks the other.
    """
    _locked(user.pk, other_id)
    blocks = blocks_of_one(user)
    if other_id in blocks.mine:
        raise writes_to_a_blocked_person()
    return blocks


def brought_together(
    conversation: Conversation, user: User, people: Sequence[User], blocks: Blocks
) -> list[Membership]:
    """Return memberships of people whom the user brings together; they are not stored yet.

    Whoever blocks the user is not shown the conversation, as long as they do. The user sees
    them in it: not to see them would tell.
    """
    unheard = conversation.kind == Conversation.Kind.DIRECT and any(
        person.pk in blocks.by for person in people
    )
    return [
        Membership(
            conversation=conversation,
            user=person,
            frozen_seq=0 if person.pk in blocks.by else None,
            frozen_for=user if person.pk in blocks.by else None,
            withheld=unheard and person == user,
        )
        for person in people
    ]


def direct_key(one: int, other: int) -> str:
    """Return what the direct conversation of two people is found by."""
    low, high = sorted((one, other))
    return f"{low}:{high}"


def the_other(conversation: Conversation, person_id: int) -> tuple[int, ...]:
    """Return the other one of the two in a direct conversation."""
    pair = map(int, (conversation.direct_key or "").split(":"))
    return tuple(one for one in pair if one != person_id)


def nobody(person_id: int) -> Refused:
    """Return the refusal for an id that is nobody's."""
    return Refused(ErrorCode.NOT_FOUND, f"There is nobody with id {person_id}.")


def writes_to_a_blocked_person(conversation_id: int | None = None) -> Refused:
    """Return the refusal for who would write to a person they block."""
    detail = "You have blocked this person: unblock them first."
    return Refused(ErrorCode.BLOCKED, detail, conversation_id)


def _freeze(user: User, other_id: int) -> None:
    """Let the user's view of the direct conversation stand still."""
    conversation = (
        Conversation.objects.select_for_update()
        .filter(direct_key=direct_key(user.pk, other_id))
        .first()
    )
    if conversation is None:
        return
    conversation.memberships.filter(user=user).update(
        frozen_seq=conversation.last_seq, frozen_for=other_id, version=F("version") + 1
    )
    conversation.memberships.filter(user=other_id).update(withheld=True)


def _locked(*ids: int) -> set[int]:
    """Lock people's rows, in one order everywhere; return who of them there is.

    Who only refers to them (a new message to its sender) need not wait.
    """
    people = User.objects.select_for_update(no_key=True).filter(pk__in=ids, is_active=True)
    return set(people.order_by("pk").values_list("pk", flat=True))
