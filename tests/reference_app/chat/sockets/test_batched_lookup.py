"""Database lookups that are shared by requests that arrive at the same time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection

import pytest

from reference_app.chat.sockets.batched_lookup import BatchedLookup

pytestmark = pytest.mark.django_db(transaction=True)


class Book:
    """A lookup of squares, with no result above 100, which records its batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = threading.Event()
        self.open.set()

    def look_up(self, numbers: Collection[int]) -> dict[int, int]:
        self.batches.append(sorted(numbers))
        assert self.open.wait(15)
        if 13 in numbers:
            raise LookupError("13")
        return {number: number**2 for number in numbers if number <= 100}


async def test_a_request_that_arrives_alone_is_answered_at_once() -> None:
    book = Book()
    squares = BatchedLookup(book.look_up)
    assert await squares.submit(3) == 9
    assert await squares.submit(101) is None
    assert book.batches == [[3], [101]]


async def test_requests_that_arrive_during_a_lookup_are_the_next_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BatchedLookup, "max_batch", 3)
    book = Book()
    book.open.clear()
    squares = BatchedLookup(book.look_up)
    requests = [asyncio.create_task(squares.submit(number)) for number in (1, 2, 3, 4, 5)]
    async with asyncio.timeout(15):
        while not book.batches:  # noqa: ASYNC110 - set by another thread
            await asyncio.sleep(0.01)
    late = asyncio.create_task(squares.submit(6))
    abandoned = asyncio.create_task(squares.submit(7))
    await asyncio.sleep(0)
    abandoned.cancel()
    book.open.set()
    assert await asyncio.gather(*requests, late) == [1, 4, 9, 16, 25, 36]
    assert book.batches == [[1, 2, 3], [4, 5, 6]]


async def test_an_error_reaches_the_requests_of_its_batch_and_no_later_ones() -> None:
    squares = BatchedLookup(Book().look_up)
    results = await asyncio.gather(squares.submit(13), squares.submit(2), return_exceptions=True)
    assert [type(one) for one in results] == [LookupError, LookupError]
    assert await squares.submit(2) == 4
