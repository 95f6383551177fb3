"""Batches of requests: what is processed together, in what order, and who gets an error."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from reference_app.runtime.batching import Batcher
from reference_app.runtime.per_loop import PerLoop


class Doubler(Batcher[int, int]):
    """Doubles numbers, once its gate is open. 13 is refused, 99 fails the whole batch."""

    max_batch = 3

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.events: list[object] = []

    async def process(self, requests: Sequence[int]) -> Sequence[int | Exception]:
        self.events.append(list(requests))
        await self.gate.wait()
        if 99 in requests:
            raise RuntimeError("99")
        return [ValueError("13") if one == 13 else 2 * one for one in requests]

    async def after_batch(self) -> None:
        self.events.append("after")


async def test_requests_that_arrive_during_a_batch_are_the_next_ones() -> None:
    doubler = Doubler()
    answers = [asyncio.create_task(doubler.submit(number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    doubler.gate.set()
    assert await asyncio.gather(*answers) == [2, 4, 6, 8, 10]
    assert doubler.events == [[1, 2, 3], "after", [4, 5], "after"]


async def test_an_error_of_one_request_leaves_the_others_of_its_batch_alone() -> None:
    doubler = Doubler()
    doubler.gate.set()
    found = await asyncio.gather(*map(doubler.submit, (1, 13, 2)), return_exceptions=True)
    assert [found[0], found[2]] == [2, 4]
    assert isinstance(found[1], ValueError)


async def test_a_batch_that_fails_does_not_stop_the_next() -> None:
    doubler = Doubler()
    doubler.gate.set()
    found = await asyncio.gather(*map(doubler.submit, (99, 1)), return_exceptions=True)
    assert [type(one) for one in found] == [RuntimeError, RuntimeError]
    assert await doubler.submit(4) == 8


@pytest.mark.parametrize("skips", [False, True])
async def test_a_request_whose_caller_is_cancelled_is_processed_unless_skipped(
    monkeypatch: pytest.MonkeyPatch, skips: bool
) -> None:
    monkeypatch.setattr(Doubler, "skips_abandoned", skips)
    doubler = Doubler()
    first = asyncio.create_task(doubler.submit(1))
    await asyncio.sleep(0)
    abandoned = asyncio.create_task(doubler.submit(2))
    await asyncio.sleep(0)
    abandoned.cancel()
    last = asyncio.create_task(doubler.submit(3))
    await asyncio.sleep(0)
    doubler.gate.set()
    assert (await first, await last) == (2, 6)
    batches = [one for one in doubler.events if one != "after"]
    assert batches == [[1], [3] if skips else [2, 3]]


def test_each_event_loop_has_an_object_of_its_own() -> None:
    locks = PerLoop(asyncio.Lock)

    async def twice() -> asyncio.Lock:
        assert locks.get() is locks.get()
        return locks.get()

    assert asyncio.run(twice()) is not asyncio.run(twice())
