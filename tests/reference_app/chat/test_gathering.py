"""Looking up together what many ask at the same time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection

import pytest

from reference_app.chat import gathering
from reference_app.chat.gathering import Gathered

pytestmark = pytest.mark.django_db(transaction=True)


class Book:
    """What can be looked up: each number's square, but none of those above 100."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.open = threading.Event()
        self.open.set()

    def look_up(self, numbers: Collection[int]) -> dict[int, int]:
        self.asked.append(sorted(numbers))
        assert self.open.wait(15)
        if 13 in numbers:
            raise LookupError("13")
        return {number: number**2 for number in numbers if number <= 100}


async def test_one_who_asks_alone_is_answered_at_once() -> None:
    book = Book()
    squares = Gathered(book.look_up)
    assert await squares.get(3) == 9
    assert await squares.get(101) is None
    assert book.asked == [[3], [101]]


async def test_who_asks_while_a_look_up_runs_is_gathered_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gathering, "MOST_AT_ONCE", 3)
    book = Book()
    book.open.clear()
    squares = Gathered(book.look_up)
    asking = [asyncio.create_task(squares.get(number)) for number in (1, 2, 3, 4, 5)]
    async with asyncio.timeout(15):
        while not book.asked:  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(0.01)
    late = asyncio.create_task(squares.get(6))
    gone = asyncio.create_task(squares.get(7))
    await asyncio.sleep(0)
    gone.cancel()
    book.open.set()
    assert await asyncio.gather(*asking, late) == [1, 4, 9, 16, 25, 36]
    assert book.asked == [[1, 2, 3], [4, 5, 6]]


async def test_what_goes_wrong_is_told_to_those_who_asked_and_to_nobody_after() -> None:
    squares = Gathered(Book().look_up)
    asking = await asyncio.gather(squares.get(13), squares.get(2), return_exceptions=True)
    assert [type(one) for one in asking] == [LookupError, LookupError]
    assert await squares.get(2) == 4
