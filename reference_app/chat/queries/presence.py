"""Store and load who is online: each visible page reports it over HTTP, on every transport.

Presence is a time stamp in a row, not a broadcast. In a company of thousands, somebody comes or
goes at every moment, and each change would be sent to everybody who shares a conversation with
them.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.models import Block, Membership
from reference_app.chat.records.visibility import SHOWN
from reference_app.chat.store.blocks import Blocks, blocks_of_one
from reference_app.protocol import PRESENCE_EVERY
from reference_app.protocol.times import millis

ONLINE_FOR = timedelta(seconds=PRESENCE_EVERY * 2.5)
"""Time for which somebody counts as online after a report: one lost request does not matter."""

STORE_INTERVAL = timedelta(seconds=PRESENCE_EVERY / 2)
"""Minimum time between two writes for one person: several tabs cost one write."""


def record_presence(user: User) -> protocol.Presence:
    """Store that a user is online; return the online people who share conversations with them."""
    now = timezone.now()
    User.objects.filter(
        Q(last_seen=None) | Q(last_seen__lt=now - STORE_INTERVAL), pk=user.pk
    ).update(last_seen=now)
    blocks = blocks_of_one(user)
    mine = Membership.objects.filter(SHOWN, user=user).values("conversation")
    others = (
        User.objects.filter(memberships__conversation__in=mine, last_seen__gt=now - ONLINE_FOR)
        .exclude(pk__in={user.pk, *blocks.either_way})
        .distinct()
        .order_by("pk")
    )
    return protocol.Presence(
        online=list(others.values_list("pk", flat=True)),
        blocked=sorted(blocks.mine),
        seconds=PRESENCE_EVERY,
    )


def is_online(user: User) -> bool:
    """Return whether somebody is online, according to their last report."""
    return user.last_seen is not None and user.last_seen > timezone.now() - ONLINE_FOR


def last_seen(person: User, reader: User, blocks: Blocks) -> int | None:
    """Return when somebody was last online, as far as a reader with these blocks may know.

    For a reader whom the person blocks, it is the time of the block at the latest. None ("never")
    would reveal the block.
    """
    if person.last_seen is None or person.pk in blocks.mine:
        return None
    seen = person.last_seen
    if person.pk in blocks.by:
        seen = min(seen, Block.objects.get(blocker=person, blocked=reader).created_at)
    return millis(seen)
