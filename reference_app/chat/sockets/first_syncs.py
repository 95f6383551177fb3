"""The first ``sync`` of each socket: those that arrive at the same time are one lookup.

After a restart all clients connect with an empty cursor, and most of them are in the same
conversations. Members and last messages are read once for all of them.
"""

from __future__ import annotations

from reference_app.accounts.models import User
from reference_app.chat.queries.sync import load_first_changes
from reference_app.chat.sockets.batched_lookup import BatchedLookup
from reference_app.protocol import Changes
from reference_app.runtime.per_loop import PerLoop


def _create() -> BatchedLookup[User, Changes]:
    return BatchedLookup(load_first_changes)


_lookups = PerLoop(_create)


async def load_first_sync(user: User) -> Changes:
    """Return ``load_changes(user, "")``, from a lookup that begins after this call.

    Raises:
        Error: the database cannot be reached.
    """
    changes = await _lookups.get().submit(user)
    assert changes is not None
    return changes
