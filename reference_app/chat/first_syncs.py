"""The first syncs of an event loop's sockets: those that wait at the same time are one lookup.

After a restart everybody connects with an empty cursor, and most of them are in the same
conversations: their members and last messages are read once for all who ask.
"""

from __future__ import annotations

import asyncio

from reference_app.accounts.models import User
from reference_app.chat import reading
from reference_app.chat.gathering import Gathered
from reference_app.chat.protocol import Changes


class FirstSyncs:
    """Answers ``sync`` with an empty cursor, for one event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._changes: Gathered[User, Changes] = Gathered(reading.first_syncs)

    async def of(self, user: User) -> Changes:
        """Return ``reading.sync(user, "")``, from a lookup that begins after this call.

        Raises:
            Error: the database cannot be reached.
        """
        changes = await self._changes.get(user)
        assert changes is not None
        return changes


_current: FirstSyncs | None = None


def current_first_syncs() -> FirstSyncs:
    """Return the first syncs of the running event loop; make them where there are none."""
    global _current  # noqa: PLW0603 - one per process, and made when its loop runs
    if _current is None or _current.loop is not asyncio.get_running_loop():
        _current = FirstSyncs()
    return _current
