"""The rate limit of a client that sends requests too often."""

from __future__ import annotations

import pytest

from reference_app.accounts.models import User
from reference_app.chat import services
from reference_app.chat.sockets.dispatch import SYNC_BURST, handle_frame, sync_rate
from reference_app.chat.sockets.rate_limit import RateLimit
from tests.builders import person


class Socket:
    """A connection without subscriptions that records the delays of its ``sync`` calls."""

    blocked_either_way: frozenset[int] = frozenset()

    def __init__(self) -> None:
        self._rate = sync_rate()
        self.delays: list[float] = []

    def is_subscribed(self, _conversation_id: int) -> bool:
        return False

    @property
    def sync_rate(self) -> Socket:
        return self

    @property
    def typing_rate(self) -> RateLimit:
        raise AssertionError("nobody types here")

    def delay(self, _now: float) -> float:
        self.delays.append(self._rate.delay(100.0))  # as if all came in the same instant
        return self.delays[-1]


def test_a_burst_is_not_delayed_and_later_calls_follow_at_the_rate() -> None:
    limit = RateLimit(burst=3, per_second=2)
    assert [limit.delay(100.0) for _ in range(6)] == [0, 0, 0, 0.5, 1.0, 1.5]


def test_a_client_that_waits_out_its_delay_is_delayed_no_further() -> None:
    limit, now = RateLimit(burst=1, per_second=2), 100.0
    for _ in range(5):
        now += limit.delay(now)
    assert now == 102.0


def test_a_burst_is_allowed_again_after_a_silence() -> None:
    limit = RateLimit(burst=2, per_second=1)
    assert [limit.delay(100.0) for _ in range(3)] == [0, 0, 1.0]
    assert [limit.delay(110.0) for _ in range(3)] == [0, 0, 1.0]


def test_calls_that_are_refused_do_not_count() -> None:
    limit = RateLimit(burst=2, per_second=1)
    assert [limit.allows(100.0) for _ in range(50)] == [True, True, *[False] * 48]
    assert [limit.allows(101.0) for _ in range(2)] == [True, False]


@pytest.fixture
def ann() -> User:
    return person("ann")


@pytest.mark.django_db(transaction=True)
async def test_a_socket_that_calls_sync_without_a_pause_is_delayed(ann: User) -> None:
    socket = Socket()
    frame = '{"type": "sync", "cursor": ""}'
    for _ in range(SYNC_BURST + 3):
        reply = await handle_frame(frame, ann, socket, services.asend)  # type: ignore[arg-type]
        assert reply is not None
        assert reply.type == "changes"
    assert socket.delays == pytest.approx([0] * SYNC_BURST + [0.2, 0.4, 0.6])
