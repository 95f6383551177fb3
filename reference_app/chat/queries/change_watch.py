"""Wake the long polls of a process when there is news: one thread checks for all of them.

A query costs about as much for fifty people as for one. So waiting requests do not query. The
thread queries for them and wakes them; it runs while any request waits. This works under ASGI,
where all requests share an event loop, and under WSGI, where each has its own thread and loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import Error, close_old_connections, connection

from reference_app.chat.queries.sync import Glance, load_glances
from reference_app.protocol import Position
from reference_app.runtime.draining import is_draining
from reference_app.runtime.outages import record_failure

logger = logging.getLogger(__name__)

CHECK_SECONDS = 0.1
"""Time between two checks."""

MAX_USERS_PER_QUERY = 500


@dataclass(eq=False)
class Waiter:
    """A request that waits until there is news for its user.

    ``heads`` are the positions that the page has reached. ``typists`` are the people whom it
    shows typing in the conversation that it is ``watching``; None means the people who type at
    the first check.
    """

    user_id: int
    watching: int | None
    heads: dict[int, Position]
    typists: set[int] | None
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    news: Glance | None = None

    def check(self, glance: Glance) -> None:
        """Wake the request if its heads or typists have changed."""
        heads, typing = glance
        typists = {notice.person.id for notice in typing}
        if self.typists is None:
            self.typists = typists
        if heads != self.heads or typists != self.typists:
            self.news = glance
            self.wake()

    def wake(self) -> None:
        """Wake the request, from any thread."""
        with contextlib.suppress(RuntimeError):  # its loop is closed: the request has ended
            self.loop.call_soon_threadsafe(self.woken.set)


class ChangeWatch:
    """The waiting requests of a process, and the thread that wakes them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: set[Waiter] = set()
        self._thread: threading.Thread | None = None

    async def wait(self, waiter: Waiter, seconds: float) -> Glance | None:
        """Return the news as soon as there is any, or None after this number of seconds.

        Return None early if the process is being drained or the database fails.
        """
        self._add(waiter)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(waiter.woken.wait(), seconds)
        finally:
            self._discard(waiter)
        return waiter.news

    def _add(self, waiter: Waiter) -> None:
        with self._lock:
            self._waiters.add(waiter)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._check_repeatedly, name="change-watch", daemon=True
                )
                self._thread.start()

    def _discard(self, waiter: Waiter) -> None:
        with self._lock:
            self._waiters.discard(waiter)

    def _check_repeatedly(self) -> None:
        """Check until no request waits."""
        try:
            while waiters := self._get_waiters():
                for first in range(0, len(waiters), MAX_USERS_PER_QUERY):
                    _check(waiters[first : first + MAX_USERS_PER_QUERY])
                time.sleep(CHECK_SECONDS)
        finally:
            connection.close()

    def _get_waiters(self) -> list[Waiter]:
        """Return the waiting requests; if there are none, the thread must end."""
        with self._lock:
            if not self._waiters:
                self._thread = None
            return list(self._waiters)


def _check(waiters: Sequence[Waiter]) -> None:
    found: Sequence[Glance] = []
    try:
        found = load_glances([(waiter.user_id, waiter.watching) for waiter in waiters])
    except Error as error:
        # Long polls are answered early. Each request then makes its own query, and reports the
        # error as any request does.
        record_failure(error)
    except Exception:
        logger.exception("long polls are answered early")  # the thread must go on
    finally:
        close_old_connections()
    if is_draining() or not found:
        for waiter in waiters:
            waiter.wake()
    for waiter, glance in zip(waiters, found, strict=False):
        waiter.check(glance)


change_watch = ChangeWatch()
"""The only watch of the process."""
