from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measure.deliveries import Deliveries
from benchmarks.measure.digest import COUNTS, TIMES, WIDTH, digest
from benchmarks.measure.runs import Run, runs
from benchmarks.recording import NEVER, Recording, Window

MS = 1_000_000


def recording() -> Recording:
    """Return a recording of two windows of a room of three, with every kind of fault."""
    made = Recording()
    session = {"session": 1, "server": "null", "transport": "websocket", "repeat": 1}
    made.add("sessions", [session | {"start_ns": 0}])
    for start in (0, 1000 * MS):
        window = Window(1, "fanout", "100", 3, 3, start, start + 100 * MS, start + 500 * MS)
        made.add("windows", [window.__dict__])
    for number in range(1, 9):
        due = (number % 4) * 20 * MS + (1000 * MS if number > 4 else 0)
        made.add("sent", [sent(number, due, acked=number != 8)])
        for recipient in (2, 3):
            after = 3 * MS + number * 777_777 * recipient
            if (number, recipient) == (3, 2):
                after = 600 * MS  # later than the deadline
            if (number, recipient) != (2, 3):
                made.add("received", [arrival(number, recipient, due + after)])
            if (number, recipient) == (1, 2):
                made.add("received", [arrival(number, recipient, due + after + MS)])
    return made


def sent(ref: int, due: int, *, acked: bool) -> dict[str, object]:
    return {
        "session": 1,
        "kind": "message",
        "ref": ref,
        "sender": 1,
        "conversation": 1,
        "intended_ns": due,
        "sent_ns": due + 12_345,
        "acked_ns": due + 2 * MS if acked else NEVER,
        # The numbers are in reverse order, so that the arrivals are out of order.
        "seq": 9 - ref if acked else NEVER,
    }


def arrival(ref: int, recipient: int, at: int) -> dict[str, object]:
    return {"session": 1, "ref": ref, "recipient": recipient, "received_ns": at, "via": "push"}


def test_a_digest_gives_the_same_figures_as_the_arrivals() -> None:
    whole = recording()
    small = digest(whole)
    assert small.frame("received").empty
    assert not whole.frame("received").empty
    pairs = list(zip(runs(whole), runs(small), strict=True))
    assert len(pairs) == 2
    for before, after in pairs:
        for name in COUNTS:
            assert getattr(deliveries_of(after), name) == getattr(deliveries_of(before), name), name
        for name in TIMES:
            expected = np.sort(getattr(deliveries_of(before), name))
            found = np.sort(getattr(deliveries_of(after), name))
            assert found == pytest.approx(expected, rel=WIDTH)
    first = deliveries_of(pairs[0][0])
    assert (first.lost, first.duplicated, first.reordered > 0) == (2, 1, True), "it tests something"
    assert np.isinf(first.latencies_ms).sum() == first.lost


def test_every_field_of_the_deliveries_is_in_the_digest() -> None:
    assert {*COUNTS, *TIMES} == {field.name for field in fields(Deliveries)}


def test_a_digest_survives_being_written(tmp_path: Path) -> None:
    small = digest(recording())
    small.write(tmp_path)
    again = Recording.read(tmp_path)
    assert [deliveries_of(run).received for run in runs(again)] == [
        deliveries_of(run).received for run in runs(small)
    ]


def test_a_window_in_which_nothing_was_sent_has_a_digest_too() -> None:
    made = recording()
    empty = Window(1, "fanout", "7", 3, 3, 5000 * MS, 5100 * MS, 5500 * MS)
    made.add("windows", [empty.__dict__])
    (*_others, last) = runs(digest(made))
    assert (deliveries_of(last).sent, len(deliveries_of(last).latencies_ms)) == (0, 0)


def deliveries_of(run: Run) -> Deliveries:
    assert run.deliveries is not None
    return run.deliveries
