"""The circuit breaker: when calls are allowed to a service that has failed."""

from __future__ import annotations

import pytest

from reference_app.chat.fanout.circuit_breaker import RETRY_SECONDS, CircuitBreaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker("service", "something is late", clock)


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


def test_an_outage_is_two_lines_in_the_log_however_long_it_lasts(
    breaker: CircuitBreaker, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        breaker.failed(TimeoutError("away"), slowly=True)
    for _ in range(5):
        breaker.succeeded()
    assert [record.message for record in caplog.records] == [
        "service: away; something is late",
        "service: answers again",
    ]
