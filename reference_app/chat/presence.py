"""Who is here: pages that are being looked at say so, over HTTP on every transport.

It is a row's time stamp and no broadcast: in a company of thousands somebody comes or goes
at every moment, and each would be news for everybody they share a conversation with.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from reference_app.accounts.models import User
from reference_app.chat import protocol
from reference_app.chat.blocking import Blocks, blocks_of_one
from reference_app.chat.frames import millis
from reference_app.chat.models import Block, Membership
from reference_app.chat.protocol import PRESENCE_EVERY
from reference_app.chat.visibility import SHOWN

HERE_FOR = timedelta(seconds=PRESENCE_EVERY * 2.5)
"""For how long somebody who said so is taken to be here: one lost request does not matter."""

NOTED_EVERY = timedelta(seconds=PRESENCE_EVERY / 2)
"""How often it is stored at most: several tabs of one person cost one write."""


def note(user: User) -> protocol.Presence:
    """Note that a user is here; return who else is, of those they share conversations with."""
    now = timezone.now()
    User.objects.filter(Q(last_seen=None) | Q(last_seen__lt=now - NOTED_EVERY), pk=user.pk).update(
        last_seen=now
    )
    blocks = blocks_of_one(user)
    mine = Membership.objects.filter(SHOWN, user=user).values("conversation")
    others = (
        User.objects.filter(memberships__conversation__in=mine, last_seen__gt=now - HERE_FOR)
        .exclude(pk__in={user.pk, *blocks.estranged})
        .distinct()
        .order_by("pk")
    )
    return protocol.Presence(
        online=list(others.values_list("pk", flat=True)),
        blocked=sorted(blocks.mine),
        seconds=PRESENCE_EVERY,
    )


def is_online(user: User) -> bool:
    """Return whether somebody is here, as far as is known."""
    return user.last_seen is not None and user.last_seen > timezone.now() - HERE_FOR


def last_seen(person: User, reader: User, blocks: Blocks) -> int | None:
    """Return when somebody was here last, as far as a reader with these blocks may know.

    A person who blocks the reader has not been seen since then: "never" would tell.
    """
    if person.last_seen is None or person.pk in blocks.mine:
        return None
    seen = person.last_seen
    if person.pk in blocks.by:
        seen = min(seen, Block.objects.get(blocker=person, blocked=reader).created_at)
    return millis(seen)
