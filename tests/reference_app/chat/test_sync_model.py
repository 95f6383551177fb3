"""Delivery as a model: whatever broadcasts are lost, each page ends with what is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_model

from reference_app.accounts.models import User
from reference_app.chat import catching_up, protocol, reading, store
from reference_app.chat.models import Conversation, Event, Membership, Message
from reference_app.chat.protocol import Position
from tests.builders import person, room

PEOPLE, ROOMS = 3, 2
LIMIT = 4

somebody = st.integers(0, PEOPLE - 1)
somewhere = st.integers(0, ROOMS - 1)


@dataclass
class Page:
    """The rules of the wire as docs/protocol.md tells them: next, old, or ask ``sync``."""

    user: User
    seen: dict[int, Position] = field(default_factory=dict)
    logs: dict[int, list[int]] = field(default_factory=dict)

    def take(self, event: protocol.Event) -> None:
        seen = self.seen.get(event.conversation)
        if seen is None or seen.epoch != event.epoch or event.seq > seen.seq + 1:
            self.sync()
        elif event.seq == seen.seq + 1:
            self._append(event)

    def sync(self) -> None:
        changes = reading.sync(self.user, protocol.format_cursor(self.seen))
        for conversation in changes.gone:
            del self.seen[conversation], self.logs[conversation]
        for state in changes.reset:
            self.seen[state.id] = Position(epoch=state.epoch, seq=state.seq)
            # What a page shows afresh it loads from the history.
            stored = Event.objects.filter(conversation=state.id, seq__lte=state.seq)
            self.logs[state.id] = list(stored.order_by("seq").values_list("seq", flat=True))
        for event in changes.events:
            assert event.seq == self.seen[event.conversation].seq + 1, "a gap, or a repeat"
            self._append(event)
        assert protocol.format_cursor(self.seen) == changes.cursor

    def _append(self, event: protocol.Event) -> None:
        self.seen[event.conversation] = Position(epoch=event.epoch, seq=event.seq)
        self.logs[event.conversation].append(event.seq)


class Delivery(RuleBasedStateMachine):
    """People write, read, join and leave; each page hears of it, or does not."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.people = [person() for _ in range(PEOPLE)]
        self.rooms = [room(*self.people) for _ in range(ROOMS)]
        self.pages = [Page(user) for user in self.people]
        self.sent: list[tuple[int, int, protocol.MessageEvent]] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def is_member(self, who: int, where: int) -> bool:
        return Membership.objects.filter(
            user=self.people[who], conversation=self.rooms[where]
        ).exists()

    def broadcast(self, event: protocol.Event, reaches: set[int]) -> None:
        for who in reaches:
            if self.is_member(who, self.rooms.index(event.conversation)):
                self.pages[who].take(event)

    @rule(who=somebody, where=somewhere, reaches=st.sets(somebody))
    def somebody_writes(self, who: int, where: int, reaches: set[int]) -> None:
        if not self.is_member(who, where):
            return
        stored = store.append_message(self.people[who], self.rooms[where], uuid4(), "hello")
        assert stored.event is not None
        self.sent.append((who, where, stored.event))
        self.broadcast(stored.event, reaches)

    @precondition(lambda self: self.sent)
    @rule(which=st.data(), reaches=st.sets(somebody))
    def an_old_broadcast_comes_late_or_twice(self, which: st.DataObject, reaches: set[int]) -> None:
        _who, _where, event = which.draw(st.sampled_from(self.sent))
        self.broadcast(event, reaches)

    @precondition(lambda self: self.sent)
    @rule(which=st.data())
    def somebody_sends_the_same_again(self, which: st.DataObject) -> None:
        who, where, event = which.draw(st.sampled_from(self.sent))
        if not self.is_member(who, where) or not Message.objects.filter(pk=event.id).exists():
            return
        again = store.append_message(
            self.people[who], self.rooms[where], event.client_id, event.text
        )
        assert (again.event, again.ack.seq) == (None, event.seq)

    @rule(who=somebody, where=somewhere, upto=st.integers(0, 50), reaches=st.sets(somebody))
    def somebody_reads(self, who: int, where: int, upto: int, reaches: set[int]) -> None:
        if not self.is_member(who, where):
            return
        event = store.append_read(self.people[who], self.rooms[where], upto)
        if event:
            self.broadcast(event, reaches)

    @rule(who=somebody, where=somewhere)
    def somebody_leaves_or_joins(self, who: int, where: int) -> None:
        if self.is_member(who, where):
            Membership.objects.filter(
                user=self.people[who], conversation=self.rooms[where]
            ).delete()
        else:
            Membership.objects.create(user=self.people[who], conversation_id=self.rooms[where])

    @rule(where=somewhere)
    def a_history_is_thrown_away(self, where: int) -> None:
        Event.objects.filter(conversation=self.rooms[where]).delete()
        Message.objects.filter(conversation=self.rooms[where]).delete()
        Conversation.objects.filter(pk=self.rooms[where]).update(epoch=F("epoch") + 1)

    @rule(who=somebody)
    def a_page_syncs(self, who: int) -> None:
        page = self.pages[who]
        page.sync()
        current = reading.heads(page.user)
        assert page.seen == current
        for conversation, head in current.items():
            stored = Event.objects.filter(conversation=conversation).order_by("seq")
            assert page.logs[conversation] == list(stored.values_list("seq", flat=True))
            assert page.logs[conversation][-1:] in ([], [head.seq])

    @invariant()
    def no_page_shows_an_event_twice_or_out_of_order(self) -> None:
        for page in self.pages:
            for log in page.logs.values():
                assert log == sorted(set(log))


@pytest.mark.django_db
def test_every_page_that_syncs_shows_what_is_stored_once_and_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Small, so that examples reach beyond it.
    monkeypatch.setattr(
        reading, "plan", lambda known, current: catching_up.plan(known, current, LIMIT, LIMIT * 2)
    )
    run_model(Delivery, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))
