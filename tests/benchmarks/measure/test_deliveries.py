from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest

from benchmarks.measure.deliveries import Deliveries, deliveries
from benchmarks.recording import NEVER, TABLES, Window

MS = 1_000_000
WINDOW = Window(1, "delivery", "loaded", 3, 3, 0, 1000 * MS, 3000 * MS)


def sent(ref: int, at_ms: int = 0, **fields: int) -> dict[str, object]:
    row = {"sender": 1, "conversation": 5, "sent_ns": at_ms * MS, "acked_ns": at_ms * MS + MS}
    return {
        "session": 1,
        "kind": "message",
        "ref": ref,
        "intended_ns": at_ms * MS,
        "seq": ref,
        **row,
        **fields,
    }


def arrived(ref: int, recipient: int, at_ms: int, via: str = "push") -> dict[str, object]:
    return {
        "session": 1,
        "ref": ref,
        "recipient": recipient,
        "received_ns": at_ms * MS,
        "via": via,
    }


def seen(
    messages: Iterable[dict[str, object]], arrivals: Iterable[dict[str, object]]
) -> Deliveries:
    return deliveries(
        pd.DataFrame(messages, columns=TABLES["sent"].names),
        pd.DataFrame(arrivals, columns=TABLES["received"].names),
        WINDOW,
        "message",
    )


def test_latency_runs_from_the_intended_time_to_each_other_member() -> None:
    found = seen([sent(1, 10, sent_ns=30 * MS)], [arrived(1, 2, 40), arrived(1, 3, 60)])
    assert found.latencies_ms.tolist() == [30, 50]
    assert found.since_sent_ms.tolist() == [10, 30]
    assert found.slip_ms.tolist() == [20]
    assert (found.expected, found.received, found.lost) == (2, 2, 0)


def test_missing_deliveries_and_those_after_the_deadline_are_lost_and_infinitely_late() -> None:
    found = seen([sent(1), sent(2)], [arrived(1, 2, 5), arrived(2, 2, 5), arrived(2, 3, 3001)])
    assert (found.expected, found.received, found.lost) == (4, 2, 2)
    assert sorted(found.latencies_ms) == [5, 5, math.inf, math.inf]
    assert sorted(found.since_sent_ms) == [5, 5, math.inf, math.inf]


def test_a_message_that_is_pushed_twice_is_a_duplicate_and_counts_once() -> None:
    found = seen([sent(1)], [arrived(1, 2, 5), arrived(1, 2, 9), arrived(1, 3, 6)])
    assert (found.duplicated, found.received, found.lost) == (1, 2, 0)
    assert sorted(found.latencies_ms) == [5, 6]


def test_a_push_after_sync_brought_it_is_no_duplicate() -> None:
    found = seen([sent(1)], [arrived(1, 2, 5, "sync"), arrived(1, 2, 6), arrived(1, 3, 6)])
    assert (found.duplicated, found.recovered) == (0, 1)


def test_a_later_message_that_comes_first_is_reordering_for_that_recipient() -> None:
    messages = [sent(1), sent(2, 1)]
    in_order = [arrived(1, 2, 5), arrived(2, 2, 6)]
    swapped = [arrived(2, 3, 5), arrived(1, 3, 6)]
    assert seen(messages, in_order).reordered == 0
    assert seen(messages, in_order + swapped).reordered == 1


def test_different_conversations_have_no_order_between_them() -> None:
    messages = [sent(1, conversation=5, seq=9), sent(2, 1, conversation=6, seq=1)]
    assert seen(messages, [arrived(1, 2, 5), arrived(2, 2, 6)]).reordered == 0


@pytest.mark.parametrize("acked_ns", [NEVER, 3001 * MS])
def test_a_message_that_is_not_acknowledged_in_time_is_lost_to_every_member(acked_ns: int) -> None:
    arrivals = [arrived(1, 2, 5), arrived(1, 3, 5), arrived(2, 2, 5)]
    found = seen([sent(1), sent(2, acked_ns=acked_ns, seq=NEVER)], arrivals)
    assert (found.unacknowledged, found.expected, found.received, found.lost) == (1, 4, 2, 2)
    assert sorted(found.latencies_ms) == [5, 5, math.inf, math.inf]


def test_a_delivery_by_sync_is_a_delivery() -> None:
    found = seen([sent(1)], [arrived(1, 2, 5, "sync"), arrived(1, 3, 6, "sync")])
    assert (found.received, found.lost, found.latencies_ms.tolist()) == (2, 0, [5, 6])


@pytest.mark.parametrize(
    ("message", "arrival"),
    [
        (sent(1, 10), arrived(1, 2, 9)),
        (sent(1, 10, sent_ns=30 * MS, acked_ns=31 * MS), arrived(1, 2, 20)),
        (sent(1, 10, acked_ns=9 * MS), arrived(1, 2, 11)),
    ],
    ids=["before it was due", "before it left", "acknowledged before it left"],
)
def test_arrivals_and_acknowledgements_before_the_send_are_counted_as_early(
    message: dict[str, object], arrival: dict[str, object]
) -> None:
    assert seen([message], [arrival, arrived(1, 3, 40)]).early == 1


@pytest.mark.parametrize(
    "recipients", [(1, 2), (2, 3, 4), (2, 9)], ids=["sender", "one too many", "other room"]
)
def test_arrivals_at_unexpected_recipients_are_counted_and_deliver_nothing(
    recipients: tuple[int, ...],
) -> None:
    elsewhere = sent(7, 999, sender=9, conversation=6)
    found = seen([sent(1), elsewhere], [arrived(1, one, 5) for one in recipients])
    assert found.unexpected == 1
    assert found.received + found.lost == found.expected
    assert np.isfinite(found.latencies_ms).sum() == found.received


def test_a_message_that_the_generator_did_not_send_is_unsent() -> None:
    assert seen([sent(1, sent_ns=NEVER, acked_ns=NEVER)], []).unsent == 1


def test_messages_due_outside_the_window_do_not_count() -> None:
    assert seen([sent(1, -1), sent(2, 1000)], [arrived(1, 2, 5)]).sent == 0


def test_a_stall_delays_even_the_fastest_recipient() -> None:
    found = seen([sent(1), sent(2)], [arrived(1, 2, 500), arrived(1, 3, 501), arrived(2, 2, 3)])
    assert found.slowest_first_ms == 500


@pytest.mark.parametrize("count", [1, 50])
def test_every_delivery_is_infinitely_late_if_nothing_is_received(count: int) -> None:
    found = seen([sent(ref) for ref in range(count)], [])
    assert (found.latencies_ms.tolist(), found.lost) == ([math.inf] * 2 * count, 2 * count)
    assert found.slowest_first_ms == 0
    assert np.isfinite(found.slip_ms).all()
