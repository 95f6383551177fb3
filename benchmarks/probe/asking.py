"""Asking a site all the time, as a page that polls does, and how it was answered."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import httpx

ASK_EVERY = 0.1


@dataclass
class Answers:
    """How requests were answered, and for how long, in seconds, they were not.

    ``resent`` were asked twice, as browsers do (resending.py).
    """

    asked: int = 0
    resent: int = 0
    failures: list[str] = field(default_factory=list)
    down: float = 0.0
    _since: float | None = None

    def note(self, failure: str, now: float) -> None:
        """Note one answer; an empty ``failure`` is a good one."""
        self.asked += 1
        if failure:
            self.failures.append(failure)
            self._since = now if self._since is None else self._since
        elif self._since is not None:
            self.down += now - self._since
            self._since = None


async def ask(http: httpx.AsyncClient, answers: Answers) -> None:
    """Ask for conversations until it is cancelled."""
    while True:
        try:
            answer = await http.get("/api/conversations")
            answers.resent += answer.extensions.get("resent", False)
            answers.note("" if answer.is_success else str(answer.status_code), time.monotonic())
        except httpx.HTTPError as error:
            answers.note(type(error).__name__, time.monotonic())
        await asyncio.sleep(ASK_EVERY)
