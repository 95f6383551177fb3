"""The plan of a sync: which conversations are replayed, reset or gone for a reader."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reference_app.chat.queries.sync_plan import plan
from reference_app.protocol import Position


def at(seq: int, epoch: int = 1) -> Position:
    return Position(epoch=epoch, seq=seq)


def test_a_reader_who_is_up_to_date_needs_nothing() -> None:
    planned = plan({1: at(5)}, {1: at(5)})
    assert (planned.replay, planned.reset, planned.gone) == ({}, [], [])


def test_a_reader_who_is_behind_receives_the_events_after_their_position() -> None:
    assert plan({1: at(5)}, {1: at(7)}).replay == {1: at(5)}


def test_a_conversation_that_is_new_to_the_reader_is_reset() -> None:
    assert plan({}, {1: at(7)}).reset == [1]


def test_another_epoch_resets() -> None:
    assert plan({1: at(5)}, {1: at(5, epoch=2)}).reset == [1]


def test_a_position_ahead_of_the_conversation_resets() -> None:
    assert plan({1: at(9)}, {1: at(7)}).reset == [1]


def test_the_limit_itself_is_still_replayed() -> None:
    current = {1: at(10), 2: at(11)}
    planned = plan({1: at(0), 2: at(0)}, current, limit=10)
    assert (planned.replay, planned.reset) == ({1: at(0)}, [2])


def test_the_least_behind_are_replayed_first_and_the_rest_reset() -> None:
    known = {1: at(0), 2: at(0), 3: at(0)}
    planned = plan(known, {1: at(6), 2: at(2), 3: at(3)}, total=5)
    assert (planned.replay, planned.reset) == ({2: at(0), 3: at(0)}, [1])


def test_a_conversation_that_the_reader_has_left_is_gone() -> None:
    assert plan({1: at(5), 2: at(1)}, {1: at(5)}).gone == [2]


positions = st.dictionaries(
    st.integers(1, 9), st.builds(at, st.integers(0, 40), epoch=st.integers(1, 2))
)


@given(positions, positions, st.integers(0, 30), st.integers(0, 60))
def test_every_conversation_is_caught_up_in_exactly_one_way(
    known: dict[int, Position], current: dict[int, Position], limit: int, total: int
) -> None:
    planned = plan(known, current, limit, total)
    up_to_date = {id_ for id_ in current if known.get(id_) == current[id_]}
    ways = [*planned.replay, *planned.reset, *up_to_date]
    assert sorted(ways) == sorted(current)
    assert planned.gone == sorted(set(known) - set(current))
    replayed = [current[id_].seq - seen.seq for id_, seen in planned.replay.items()]
    assert sum(replayed) <= total
    assert all(0 < missing <= limit for missing in replayed)


def test_another_version_of_the_view_resets_without_new_events() -> None:
    seen = Position(epoch=1, seq=5)
    planned = plan({1: seen}, {1: Position(epoch=1, seq=5, version=1)})
    assert (planned.replay, planned.reset) == ({}, [1])
