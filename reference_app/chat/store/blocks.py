"""Block and unblock people; the blocked person cannot notice it.

The blocker's view of the direct conversation is frozen. The blocked person can still write, but
only they see these messages (docs/decisions/0008-blocking.md). Each transaction that depends on a
block between two people locks both of their rows first, so that nobody opens a conversation while
it is being frozen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q, QuerySet

from reference_app.accounts.models import User
from reference_app.chat.models import Block, Conversation, Membership
from reference_app.chat.records.compiled_query import CompiledQuery, Row
from reference_app.chat.records.errors import nobody, writes_to_a_blocked_person
from reference_app.protocol import ErrorCode, Refused


@dataclass(frozen=True)
class Blocks:
    """The ids of the people that one person blocks (``mine``), and of those who block them."""

    mine: frozenset[int] = frozenset()
    by: frozenset[int] = frozenset()

    @property
    def either_way(self) -> frozenset[int]:
        """People who do not see this person's presence and typing, nor this person theirs."""
        return self.mine | self.by


NONE = Blocks()


@transaction.atomic
def block(user: User, other_id: int) -> bool:
    """Block somebody; return False if the user has blocked them already.

    Raises:
        Refused: the id is the user's own, or nobody has it.
    """
    if other_id == user.pk:
        raise Refused(ErrorCode.INVALID, "You cannot block yourself.")
    if other_id not in _lock_people(user.pk, other_id):
        raise nobody(other_id)
    _block, created = Block.objects.get_or_create(blocker=user, blocked_id=other_id)
    if created:
        _freeze(user, other_id)
    return created


@transaction.atomic
def unblock(user: User, other_id: int) -> bool:
    """Unblock somebody; return False if the user does not block them."""
    _lock_people(user.pk, other_id)
    deleted, _ = Block.objects.filter(blocker=user, blocked=other_id).delete()
    if not deleted:
        return False
    frozen = Membership.objects.filter(user=user, frozen_for=other_id)
    # Locked: a message that is sent meanwhile is either withheld, or seen by the user.
    conversations = Conversation.objects.select_for_update().order_by("pk")
    list(conversations.filter(pk__in=frozen.values("conversation")))
    Membership.objects.filter(
        conversation__direct_key=direct_key(user.pk, other_id), user=other_id
    ).update(withheld=False)
    frozen.update(frozen_seq=None, frozen_for=None, version=F("version") + 1)
    return True


def _blocks(user_ids: Collection[int]) -> QuerySet[Block, Row]:
    found = Block.objects.filter(Q(blocker__in=user_ids) | Q(blocked__in=user_ids))
    return found.values_list("blocker", "blocked")


BLOCKS = CompiledQuery(Block, _blocks)


def blocks_of(user_ids: Collection[int]) -> dict[int, Blocks]:
    """Return the blocks of each of these users, in one query; users without any are left out."""
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
    """Return the user's blocks; lock both people, so that none between them changes.

    The lock lasts until the transaction ends.

    Raises:
        Refused: the user blocks the other.
    """
    _lock_people(user.pk, other_id)
    blocks = blocks_of_one(user)
    if other_id in blocks.mine:
        raise writes_to_a_blocked_person()
    return blocks


def build_memberships(
    conversation: Conversation, user: User, people: Sequence[User], blocks: Blocks
) -> list[Membership]:
    """Return unsaved memberships of the people that the user brings into a conversation.

    As long as somebody blocks the user, the conversation is not shown to them. The user sees them
    as a member all the same: otherwise the user would notice the block.
    """
    is_withheld = conversation.kind == Conversation.Kind.DIRECT and any(
        person.pk in blocks.by for person in people
    )
    return [
        Membership(
            conversation=conversation,
            user=person,
            frozen_seq=0 if person.pk in blocks.by else None,
            frozen_for=user if person.pk in blocks.by else None,
            withheld=is_withheld and person == user,
        )
        for person in people
    ]


def direct_key(one: int, other: int) -> str:
    """Return the unique key of the direct conversation of two people."""
    low, high = sorted((one, other))
    return f"{low}:{high}"


def other_member_ids(conversation: Conversation, person_id: int) -> tuple[int, ...]:
    """Return the id of the other person in a direct conversation, in a tuple."""
    pair = map(int, (conversation.direct_key or "").split(":"))
    return tuple(one for one in pair if one != person_id)


def _freeze(user: User, other_id: int) -> None:
    """Freeze the user's view of the direct conversation, and withhold the other's messages."""
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


def _lock_people(*ids: int) -> set[int]:
    """Lock people's rows, in the same order everywhere; return the ids of those who exist.

    A transaction that only refers to a person, as a new message to its sender, need not wait.
    """
    people = User.objects.select_for_update(no_key=True).filter(pk__in=ids, is_active=True)
    return set(people.order_by("pk").values_list("pk", flat=True))
