"""Batches of requests that arrive at the same time, processed by one call.

A query or a transaction costs about as much for fifty requests as for one. So while one batch
is processed, the requests that arrive wait for the next. A request that arrives alone is
processed at once.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

Request = TypeVar("Request")
Result = TypeVar("Result")


class Batcher(ABC, Generic[Request, Result]):
    """Collects requests into batches, for one event loop. One batch is processed at a time."""

    max_batch: int
    """The most requests of one batch; it bounds how long the first waits for the last."""

    skips_abandoned = False
    """Whether a request is skipped if its caller has been cancelled meanwhile."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Request, asyncio.Future[Result]]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def submit(self, request: Request) -> Result:
        """Return a request's result, from a batch whose processing begins after this call.

        Raises:
            Exception: whatever ``process`` raised, or returned for this request.
        """
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await answer

    @abstractmethod
    async def process(self, requests: Sequence[Request]) -> Sequence[Result | Exception]:
        """Return the result of each request, or why there is none."""

    async def after_batch(self) -> None:
        """Run after the requests of a batch are answered; the next batch starts when it returns."""

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._take_batch()
                if batch:
                    await self._process(batch)
                    await self.after_batch()
        finally:
            self._running = None

    def _take_batch(self) -> list[tuple[Request, asyncio.Future[Result]]]:
        size = min(self.max_batch, len(self._waiting))
        batch = [self._waiting.popleft() for _ in range(size)]
        if self.skips_abandoned:
            batch = [(request, answer) for request, answer in batch if not answer.done()]
        return batch

    async def _process(self, batch: list[tuple[Request, asyncio.Future[Result]]]) -> None:
        results: Sequence[Result | Exception]
        try:
            results = await self.process([request for request, _ in batch])
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait
            results = [error] * len(batch)
        for (_, answer), result in zip(batch, results, strict=True):
            if answer.done():
                continue  # its socket was closed meanwhile
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)
