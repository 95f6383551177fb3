from __future__ import annotations

from uuid import UUID

from benchmarks.generator.inbox import Inbox
from reference_app import protocol
from reference_app.protocol import Person, Position

ANN = Person(id=1, username="ann", name="Ann")


def message(seq: int, epoch: int = 1) -> protocol.MessageEvent:
    return protocol.MessageEvent(
        conversation=7,
        epoch=epoch,
        seq=seq,
        at=0,
        actor=ANN,
        id=seq,
        client_id=UUID(int=seq),
        text="hi",
    )


def inbox_at(seq: int) -> Inbox:
    return Inbox({7: Position(epoch=1, seq=seq)})


def test_the_next_event_is_applied_and_an_old_one_is_dropped() -> None:
    inbox = inbox_at(3)
    assert not inbox.take(message(4))
    assert not inbox.take(message(2))
    assert inbox.cursor == "7.1.4"


def test_a_gap_a_new_epoch_and_an_unknown_conversation_require_a_sync() -> None:
    assert inbox_at(3).take(message(5))
    assert inbox_at(3).take(message(4, epoch=2))
    assert Inbox().take(message(1))


def test_catching_up_returns_only_new_events() -> None:
    inbox = inbox_at(3)
    changes = protocol.Changes(
        cursor="", reset=[], events=[message(3), message(4), message(5)], gone=[], typing=[]
    )
    assert [event.seq for event in inbox.catch_up(changes)] == [4, 5]
    assert inbox.catch_up(changes) == []


def test_heads_show_whether_a_member_is_behind() -> None:
    assert inbox_at(3).is_behind(protocol.Heads(cursor="7.1.4"))
    assert inbox_at(3).is_behind(protocol.Heads(cursor="7.2.3"))
    assert not inbox_at(3).is_behind(protocol.Heads(cursor="7.1.3"))
