"""A model of delivery: whichever broadcasts are lost, each page ends with the stored state."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import F, QuerySet
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_model

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.models import Conversation, Event, Membership, Message
from reference_app.chat.queries import sync, sync_plan
from reference_app.chat.queries.conversations import load_state
from reference_app.chat.queries.heads import load_heads
from reference_app.chat.queries.history import load_history
from reference_app.chat.queries.sync import load_changes
from reference_app.chat.records.draft import Draft
from reference_app.chat.store import groups, message_changes, messages, read_markers
from reference_app.protocol import Position
from tests.builders import person, room

PEOPLE, ROOMS = 3, 2
LIMIT = 4

somebody = st.integers(0, PEOPLE - 1)
somewhere = st.integers(0, ROOMS - 1)
saying = st.sampled_from(["hello", "@{0} hello", "@{1} and @{2}", "@{0}", "bye"])


@dataclass
class Page:
    """A client by the rules of docs/protocol.md: append the next event, skip old ones, or sync."""

    user: User
    seen: dict[int, Position] = field(default_factory=dict)
    logs: dict[int, list[int]] = field(default_factory=dict)
    messages: dict[int, dict[int, protocol.MessageEvent]] = field(default_factory=dict)
    mentioned: dict[int, set[int]] = field(default_factory=dict)
    read: dict[int, int] = field(default_factory=dict)

    def take(self, event: protocol.Event) -> None:
        seen = self.seen.get(event.conversation)
        if seen is None or seen.epoch != event.epoch or event.seq > seen.seq + 1:
            self.sync()
        elif event.seq == seen.seq + 1:
            self._append(event)

    def sync(self) -> None:
        changes = load_changes(self.user, protocol.format_cursor(self.seen))
        for conversation in changes.gone:
            del self.seen[conversation], self.logs[conversation]
            del self.messages[conversation], self.mentioned[conversation]
        for state in changes.reset:
            self.seen[state.id] = Position(epoch=state.epoch, seq=state.seq, version=state.version)
            # A page loads a conversation that was reset from the history.
            stored = Event.objects.filter(conversation=state.id, seq__lte=state.seq)
            self.logs[state.id] = list(stored.order_by("seq").values_list("seq", flat=True))
            self.messages[state.id] = history_of(self.user, state.id)
            self.mentioned[state.id] = set(state.mentioned)
            self.read[state.id] = state.read
        for event in changes.events:
            assert event.seq == self.seen[event.conversation].seq + 1, "a gap, or a repeat"
            self._append(event)
        assert protocol.format_cursor(self.seen) == changes.cursor

    def _append(self, event: protocol.Event) -> None:
        version = self.seen[event.conversation].version
        self.seen[event.conversation] = Position(epoch=event.epoch, seq=event.seq, version=version)
        self.logs[event.conversation].append(event.seq)
        messages = self.messages[event.conversation]
        match event:
            case protocol.MessageEvent():
                messages[event.id] = event
                self._mention(event.conversation, event.seq, event.mentions)
            case protocol.EditedEvent():
                self._change(messages, event.message, text=event.text, mentions=event.mentions)
                self._change(messages, event.message, edited_at=event.at)
                self._requote(messages, event.message, text=event.text[: protocol.MAX_EXCERPT])
                self._mention(event.conversation, event.message_seq, event.mentions)
            case protocol.RemovedEvent():
                blank = protocol.MessageEvent.model_fields
                gone = {
                    name: blank[name].default
                    for name in ("edited_at", "reply_to", "mentions", "reactions", "files")
                }
                self._change(messages, event.message, text="", removed=True, **gone)
                self._requote(messages, event.message, text="", removed=True, files=())
                self._mention(event.conversation, event.message_seq, ())
            case protocol.ReactedEvent():
                self._change(messages, event.message, reactions=event.reactions)
            case protocol.ReadEvent():
                if event.actor.id == self.user.pk:
                    self.read[event.conversation] = event.upto
                    self.mentioned[event.conversation] = {
                        seq for seq in self.mentioned[event.conversation] if seq > event.upto
                    }

    def _mention(self, conversation: int, seq: int, people: tuple[int, ...]) -> None:
        if self.user.pk in people and seq > self.read[conversation]:
            self.mentioned[conversation].add(seq)
        else:
            self.mentioned[conversation].discard(seq)

    def _change(
        self, messages: dict[int, protocol.MessageEvent], which: int, **changes: object
    ) -> None:
        # A user who has cleared the conversation no longer has the message.
        if which in messages:
            messages[which] = messages[which].model_copy(update=changes)

    def _requote(
        self, messages: dict[int, protocol.MessageEvent], which: int, **changes: object
    ) -> None:
        for message in messages.values():
            if message.reply_to and message.reply_to.id == which:
                quote = message.reply_to.model_copy(update=changes)
                self._change(messages, message.id, reply_to=quote)


def history_of(user: User, conversation: int) -> dict[int, protocol.MessageEvent]:
    """Return all messages of a conversation, loaded in parts as a page loads them."""
    found: dict[int, protocol.MessageEvent] = {}
    before = None
    while True:
        loaded = load_history(user, conversation, before)
        found = {message.id: message for message in loaded.messages} | found
        if not loaded.more:
            return found
        before = loaded.messages[0].seq


class Delivery(RuleBasedStateMachine):
    """People write, change messages, read, join and leave; a page receives it, or does not."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.people = [person() for _ in range(PEOPLE)]
        self.rooms = [room(*self.people) for _ in range(ROOMS)]
        self.pages = [Page(user) for user in self.people]
        self.sent: list[tuple[int, int, protocol.MessageEvent, int | None]] = []
        self.markers: dict[tuple[int, int], int] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def is_member(self, who: int, where: int) -> bool:
        return Membership.objects.filter(
            user=self.people[who], conversation=self.rooms[where]
        ).exists()

    def messages_in(self, where: int) -> QuerySet[Message]:
        return Message.objects.filter(conversation=self.rooms[where]).order_by("pk")

    def broadcast(self, event: protocol.Event, reaches: set[int]) -> None:
        for who in reaches:
            if self.is_member(who, self.rooms.index(event.conversation)):
                self.pages[who].take(event)

    @rule(who=somebody, where=somewhere, reaches=st.sets(somebody), says=saying, answers=st.data())
    def somebody_writes(
        self, who: int, where: int, reaches: set[int], says: str, answers: st.DataObject
    ) -> None:
        if not self.is_member(who, where):
            return
        text = says.format(*(user.username for user in self.people))
        before = list(self.messages_in(where).values_list("pk", flat=True))
        answered = answers.draw(st.none() | st.sampled_from(before) if before else st.none())
        stored = messages.append_message(
            Draft(self.people[who], self.rooms[where], uuid4(), text, answered)
        )
        self.sent.append((who, where, stored.event, answered))
        self.broadcast(stored.event, reaches)

    @precondition(lambda self: self.sent)
    @rule(which=st.data(), reaches=st.sets(somebody))
    def an_old_broadcast_comes_late_or_twice(self, which: st.DataObject, reaches: set[int]) -> None:
        _who, _where, event, _answered = which.draw(st.sampled_from(self.sent))
        self.broadcast(event, reaches)

    @precondition(lambda self: self.sent)
    @rule(which=st.data(), reaches=st.sets(somebody))
    def somebody_sends_the_same_again(self, which: st.DataObject, reaches: set[int]) -> None:
        who, where, event, answered = which.draw(st.sampled_from(self.sent))
        if not Message.objects.filter(pk=event.id).exists():
            return
        # Also somebody who has left since.
        again = messages.append_message(
            Draft(self.people[who], self.rooms[where], event.client_id, event.text, answered)
        )
        assert (again.ack.duplicate, again.ack.seq, again.event.id) == (True, event.seq, event.id)
        self.broadcast(again.event, reaches)

    @rule(
        where=somewhere,
        reaches=st.sets(somebody),
        says=saying,
        which=st.data(),
        removes=st.booleans(),
    )
    def somebody_changes_what_they_wrote(
        self, where: int, reaches: set[int], says: str, which: st.DataObject, removes: bool
    ) -> None:
        remaining = list(self.messages_in(where).filter(removed_at=None).select_related("sender"))
        if not remaining:
            return
        message = which.draw(st.sampled_from(remaining))
        if not self.is_member(self.people.index(message.sender), where):
            return
        text = says.format(*(user.username for user in self.people))
        about = (message.sender, self.rooms[where], message.pk)
        change = (
            message_changes.remove_message(*about)
            if removes
            else message_changes.edit_message(*about, text)
        )
        if change:
            self.broadcast(change.event, reaches)

    @rule(
        who=somebody,
        where=somewhere,
        reaches=st.sets(somebody),
        which=st.data(),
        emoji=st.sampled_from("👍🎉"),
        on=st.booleans(),
    )
    def somebody_reacts(
        self,
        who: int,
        where: int,
        reaches: set[int],
        which: st.DataObject,
        emoji: str,
        on: bool,
    ) -> None:
        remaining = list(self.messages_in(where).filter(removed_at=None))
        if not remaining or not self.is_member(who, where):
            return
        message = which.draw(st.sampled_from(remaining))
        change = message_changes.react(
            self.people[who], self.rooms[where], message.pk, emoji, on=on
        )
        if change:
            self.broadcast(change.event, reaches)

    @rule(who=somebody, where=somewhere, upto=st.integers(0, 50), reaches=st.sets(somebody))
    def somebody_reads(self, who: int, where: int, upto: int, reaches: set[int]) -> None:
        if not self.is_member(who, where):
            return
        event = read_markers.append_read(self.people[who], self.rooms[where], upto)
        if event:
            self.broadcast(event, reaches)

    @rule(who=somebody, where=somewhere)
    def somebody_leaves_or_joins(self, who: int, where: int) -> None:
        # A member who comes back has the same read marker as before: joining is no event here.
        found = Membership.objects.filter(user=self.people[who], conversation=self.rooms[where])
        if member := found.first():
            self.markers[who, where] = member.read_seq
            member.delete()
        else:
            Membership.objects.create(
                user=self.people[who],
                conversation_id=self.rooms[where],
                read_seq=self.markers[who, where],
            )

    @rule(who=somebody, where=somewhere)
    def somebody_clears_it_for_themselves(self, who: int, where: int) -> None:
        if self.is_member(who, where):
            groups.clear(self.people[who], self.rooms[where])

    @rule(who=somebody, where=somewhere, title=st.sampled_from("ab"), reaches=st.sets(somebody))
    def somebody_renames_it(self, who: int, where: int, title: str, reaches: set[int]) -> None:
        if self.is_member(who, where):
            for event in groups.rename(self.people[who], self.rooms[where], title):
                self.broadcast(event, reaches)

    @rule(where=somewhere)
    def a_history_is_thrown_away(self, where: int) -> None:
        Event.objects.filter(conversation=self.rooms[where]).delete()
        Message.objects.filter(conversation=self.rooms[where]).delete()
        Conversation.objects.filter(pk=self.rooms[where]).update(epoch=F("epoch") + 1)

    @rule(who=somebody)
    def a_page_syncs(self, who: int) -> None:
        page = self.pages[who]
        page.sync()
        current = load_heads({page.user.pk})[page.user.pk]
        assert page.seen == current
        for conversation, head in current.items():
            stored = Event.objects.filter(conversation=conversation).order_by("seq")
            assert page.logs[conversation] == list(stored.values_list("seq", flat=True))
            assert page.logs[conversation][-1:] in ([], [head.seq])
            assert page.messages[conversation] == history_of(page.user, conversation)
            state = load_state(page.user, conversation)
            assert page.mentioned[conversation] == set(state.mentioned)

    @invariant()
    def no_page_shows_an_event_twice_or_out_of_order(self) -> None:
        for page in self.pages:
            for log in page.logs.values():
                assert log == sorted(set(log))


@pytest.mark.django_db
def test_every_page_that_syncs_shows_what_is_stored_once_and_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Small limits, so that examples exceed them.
    monkeypatch.setattr(
        sync, "plan", lambda known, current: sync_plan.plan(known, current, LIMIT, LIMIT * 2)
    )
    run_model(Delivery, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))


@pytest.mark.django_db
def test_pages_that_receive_replay_or_load_all_changes_show_the_same() -> None:
    ann, bob = person("ann"), person("bob")
    where = room(ann, bob)
    live, away = Page(bob), Page(bob)
    for page in (live, away):
        page.sync()

    def say(sender: User, text: str, answers: int | None = None) -> int:
        event = messages.append_message(Draft(sender, where, uuid4(), text, answers)).event
        live.take(event)
        return event.id

    def deliver(change: message_changes.StoredChange | protocol.Event | None) -> None:
        assert change
        live.take(change.event if isinstance(change, message_changes.StoredChange) else change)

    first, second = say(ann, "one"), say(ann, "@bob two")
    say(bob, "yes", first)
    say(bob, "no, @ann", second)
    say(ann, "quotes what it quotes", second)
    deliver(message_changes.edit_message(ann, where, first, "@bob one"))
    deliver(message_changes.react(bob, where, first, "👍", on=True))
    deliver(message_changes.react(ann, where, first, "👍", on=True))
    deliver(message_changes.react(bob, where, second, "🎉", on=True))
    deliver(message_changes.react(ann, where, first, "👍", on=False))
    deliver(message_changes.remove_message(ann, where, second))
    deliver(read_markers.append_read(bob, where, 1))
    deliver(message_changes.edit_message(ann, where, first, "one again, @bob"))
    fresh = Page(bob)
    for page in (away, fresh):
        page.sync()
    assert live.seen == away.seen == fresh.seen
    assert live.messages == away.messages == fresh.messages
    assert live.mentioned == away.mentioned == fresh.mentioned
