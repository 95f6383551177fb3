"""Send requests to a site at short intervals, as a polling page does, and record the answers."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import httpx

ASK_EVERY = 0.1


@dataclass
class Answers:
    """The results of requests, and the time in seconds in which the site was down.

    ``resent`` counts the requests that were sent twice, as browsers do (resending.py).
    """

    asked: int = 0
    resent: int = 0
    failures: list[str] = field(default_factory=list)
    down: float = 0.0
    _since: float | None = None

    def add(self, failure: str, now: float) -> None:
        """Record one answer; an empty ``failure`` means success."""
        self.asked += 1
        if failure:
            self.failures.append(failure)
            self._since = now if self._since is None else self._since
        else:
            self.end(now)

    def end(self, now: float) -> None:
        """Count an outage that still lasts, up to now."""
        if self._since is not None:
            self.down += now - self._since
            self._since = None


async def ask(http: httpx.AsyncClient, answers: Answers) -> None:
    """Request the conversations repeatedly until cancelled."""
    try:
        while True:
            try:
                answer = await http.get("/api/conversations")
                answers.resent += answer.extensions.get("resent", False)
                answers.add("" if answer.is_success else str(answer.status_code), time.monotonic())
            except httpx.HTTPError as error:
                answers.add(type(error).__name__, time.monotonic())
            await asyncio.sleep(ASK_EVERY)
    finally:
        answers.end(time.monotonic())
