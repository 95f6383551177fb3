"""The circuit breaker: when calls are allowed to a service that has failed."""

from __future__ import annotations

import pytest

from reference_app.chat.fanout.circuit_breaker import RETRY_SECONDS, CircuitBreaker
from reference_app.runtime.metrics import Dependency
from reference_app.runtime.outages import Outage


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outage() -> Outage:
    return Outage(Dependency.CACHE, "something is late", lambda: None)


@pytest.fixture
def breaker(outage: Outage, clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(outage, clock)


def test_calls_are_allowed_while_the_service_answers(breaker: CircuitBreaker) -> None:
    breaker.succeeded()
    assert [breaker.allows_call() for _ in range(3)] == [True] * 3
    assert not breaker.has_failed


def test_one_call_in_each_pause_is_allowed_after_a_failure(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    breaker.failed(TimeoutError("away"), slowly=True)
    assert not breaker.allows_call()
    clock.now += RETRY_SECONDS
    assert [breaker.allows_call() for _ in range(3)] == [True, False, False]


def test_the_pause_grows_up_to_a_limit_and_begins_anew_after_a_success(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    pauses = []
    for _ in range(7):
        breaker.failed(TimeoutError("away"), slowly=True)
        began = clock.now
        while not breaker.allows_call():
            clock.now += 0.5
        pauses.append(clock.now - began)
    assert pauses == [1, 2, 4, 8, 16, 16, 16]
    breaker.succeeded()
    breaker.failed(TimeoutError("away"), slowly=True)
    clock.now += RETRY_SECONDS
    assert breaker.allows_call()


def test_calls_that_fail_at_once_are_always_allowed(breaker: CircuitBreaker) -> None:
    for _ in range(3):
        assert breaker.allows_call()
        breaker.failed(ConnectionRefusedError("refused"), slowly=False)
    assert breaker.allows_call()
    assert breaker.has_failed


def test_a_success_allows_all_calls_again(breaker: CircuitBreaker) -> None:
    breaker.failed(TimeoutError("away"), slowly=True)
    breaker.succeeded()
    assert [breaker.allows_call() for _ in range(3)] == [True] * 3


def test_a_failure_begins_an_outage(breaker: CircuitBreaker, outage: Outage) -> None:
    breaker.failed(TimeoutError("away"), slowly=True)
    assert outage.in_progress
