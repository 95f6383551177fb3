from __future__ import annotations

import pytest

from benchmarks.generator.arrivals import Arrivals
from benchmarks.recording import TABLES


def arrivals(*rows: tuple[int, int, int, str]) -> Arrivals:
    noted = Arrivals()
    for row in rows:
        noted.note(*row)
    return noted


def test_the_first_arrival_at_each_member_counts_and_only_of_what_was_due() -> None:
    noted = arrivals(
        (7, 1, 1_500, "push"), (7, 2, 1_700, "sync"), (7, 1, 9_000, "push"), (8, 1, 1_900, "push")
    )
    assert sorted(noted.latencies_ns({7: 1_000})) == [500, 700]
    assert sorted(noted.latencies_ns({8: 1_000, 7: 1_000})) == [500, 700, 900]
    assert len(noted.latencies_ns({})) == 0
    assert len(noted.latencies_ns({99: 0})) == 0


def test_one_can_go_on_noting_after_having_looked() -> None:
    noted = arrivals((7, 1, 1_500, "push"))
    before = noted.latencies_ns({7: 0})
    noted.note(7, 2, 1_600, "push")
    assert (len(before), len(noted.latencies_ns({7: 0}))) == (1, 2)


def test_the_table_has_every_row_in_order() -> None:
    rows = [(7, 1, 1_500, "push"), (7, 2, 1_700, "sync")]
    table = arrivals(*rows).table(session=3)
    assert table.schema.equals(TABLES["received"])
    assert [tuple(row.values()) for row in table.to_pylist()] == [(3, *row) for row in rows]
    assert arrivals().table(session=3).num_rows == 0


@pytest.mark.parametrize("via", ["push", "sync"])
def test_how_it_came_is_kept(via: str) -> None:
    assert arrivals((1, 1, 1, via)).table(1)["via"].to_pylist() == [via]
