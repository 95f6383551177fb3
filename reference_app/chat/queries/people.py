"""Find people by name, and load their profiles, as a user may see them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.models import Conversation, Membership
from reference_app.chat.queries import presence
from reference_app.chat.queries.conversations import kind_of
from reference_app.chat.records.errors import nobody
from reference_app.chat.records.text_folding import fold, folded_column
from reference_app.chat.records.visibility import SHOWN
from reference_app.chat.store.blocks import blocks_of_one

PEOPLE_LIMIT = 50
"""Maximum number of people in one response."""


def find_people(user: User, query: str) -> list[protocol.Person]:
    """Return other people whose username or display name contains the query."""
    found: QuerySet[User] = User.objects.filter(is_active=True).exclude(pk=user.pk)
    if query:
        found = found.alias(folded=folded_column("display_name")).filter(
            Q(username__icontains=query)
            | Q(display_name__icontains=query)
            | Q(folded__contains=fold(query))
        )
    return [person.as_person() for person in found.order_by("username")[:PEOPLE_LIMIT]]


def load_profile(user: User, person_id: int) -> protocol.Profile:
    """Return a person's profile, as the user may see it.

    Raises:
        Refused: nobody has this id.
    """
    person = User.objects.filter(pk=person_id, is_active=True).first()
    if person is None:
        raise nobody(person_id)
    blocks = blocks_of_one(user)
    is_blocked = person_id in blocks.either_way
    mine = Membership.objects.filter(SHOWN, user=user)
    shared = (
        Conversation.objects.filter(memberships__in=mine)
        .filter(memberships__user=person)
        .order_by("kind", "title")
    )
    return protocol.Profile(
        person=person.as_person(),
        about=person.about,
        online=not is_blocked and presence.is_online(person),
        last_seen=presence.last_seen(person, user, blocks),
        shared=[
            protocol.SharedConversation(id=one.pk, kind=kind_of(one.kind), title=one.title)
            for one in shared
        ],
        blocked=person_id in blocks.mine,
    )


def load_blocked_people(user: User) -> list[protocol.Person]:
    """Return the people whom a user blocks, ordered by username."""
    found = User.objects.filter(blocked_by__blocker=user).order_by("username")
    return [person.as_person() for person in found]
