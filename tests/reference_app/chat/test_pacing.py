"""The pace of a client that asks too often."""

from __future__ import annotations

import pytest

from reference_app.accounts.models import User
from reference_app.chat import services
from reference_app.chat.conversing import SYNC_BURST, answer, sync_pace
from reference_app.chat.pacing import Pace
from tests.builders import person


class Socket:
    """A listener that hears nothing, and records how long its ``sync`` calls were delayed."""

    estranged: frozenset[int] = frozenset()

    def __init__(self) -> None:
        self._pace = sync_pace()
        self.delays: list[float] = []

    def hears(self, _conversation_id: int) -> bool:
        return False

    @property
    def sync_pace(self) -> Socket:
        return self

    @property
    def typing_pace(self) -> Pace:
        raise AssertionError("nobody types here")

    def delay(self, _now: float) -> float:
        self.delays.append(self._pace.delay(100.0))  # as if all came in the same instant
        return self.delays[-1]


def test_a_burst_is_not_delayed_and_what_follows_comes_at_the_rate() -> None:
    pace = Pace(burst=3, per_second=2)
    assert [pace.delay(100.0) for _ in range(6)] == [0, 0, 0, 0.5, 1.0, 1.5]


def test_who_waits_as_long_as_told_is_delayed_no_further() -> None:
    pace, now = Pace(burst=1, per_second=2), 100.0
    for _ in range(5):
        now += pace.delay(now)
    assert now == 102.0


def test_a_burst_is_earned_again_by_silence() -> None:
    pace = Pace(burst=2, per_second=1)
    assert [pace.delay(100.0) for _ in range(3)] == [0, 0, 1.0]
    assert [pace.delay(110.0) for _ in range(3)] == [0, 0, 1.0]


def test_calls_that_are_refused_do_not_count() -> None:
    pace = Pace(burst=2, per_second=1)
    assert [pace.allows(100.0) for _ in range(50)] == [True, True, *[False] * 48]
    assert [pace.allows(101.0) for _ in range(2)] == [True, False]


@pytest.fixture
def ann() -> User:
    return person("ann")


@pytest.mark.django_db(transaction=True)
async def test_a_socket_that_asks_sync_without_a_pause_is_made_to_wait(ann: User) -> None:
    socket = Socket()
    frame = '{"type": "sync", "cursor": ""}'
    for _ in range(SYNC_BURST + 3):
        reply = await answer(frame, ann, socket, services.asend)  # type: ignore[arg-type]
        assert reply is not None
        assert reply.type == "changes"
    assert socket.delays == pytest.approx([0] * SYNC_BURST + [0.2, 0.4, 0.6])
