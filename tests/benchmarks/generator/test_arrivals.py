from __future__ import annotations

import pytest

from benchmarks.generator.arrivals import Arrivals
from benchmarks.recording import TABLES


def arrivals_of(*rows: tuple[int, int, int, str]) -> Arrivals:
    arrivals = Arrivals()
    for row in rows:
        arrivals.add(*row)
    return arrivals


def test_only_the_first_arrival_at_each_member_of_the_given_messages_counts() -> None:
    arrivals = arrivals_of(
        (7, 1, 1_500, "push"), (7, 2, 1_700, "sync"), (7, 1, 9_000, "push"), (8, 1, 1_900, "push")
    )
    assert sorted(arrivals.latencies_ns({7: 1_000})) == [500, 700]
    assert sorted(arrivals.latencies_ns({8: 1_000, 7: 1_000})) == [500, 700, 900]
    assert len(arrivals.latencies_ns({})) == 0
    assert len(arrivals.latencies_ns({99: 0})) == 0


def test_arrivals_can_be_recorded_after_latencies_were_read() -> None:
    arrivals = arrivals_of((7, 1, 1_500, "push"))
    before = arrivals.latencies_ns({7: 0})
    arrivals.add(7, 2, 1_600, "push")
    assert (len(before), len(arrivals.latencies_ns({7: 0}))) == (1, 2)


def test_the_table_has_every_row_in_order() -> None:
    rows = [(7, 1, 1_500, "push"), (7, 2, 1_700, "sync")]
    table = arrivals_of(*rows).table(session=3)
    assert table.schema.equals(TABLES["received"])
    assert [tuple(row.values()) for row in table.to_pylist()] == [(3, *row) for row in rows]
    assert arrivals_of().table(session=3).num_rows == 0


@pytest.mark.parametrize("via", ["push", "sync"])
def test_the_table_has_the_way_in_which_a_message_arrived(via: str) -> None:
    assert arrivals_of((1, 1, 1, via)).table(1)["via"].to_pylist() == [via]
