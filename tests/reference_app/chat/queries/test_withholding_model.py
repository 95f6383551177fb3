"""Tests with a model of blocking that a blocker never reads what the blocked person writes.

Two people write, answer, mention, edit, remove, react, attach files, read, block and unblock. Each
published event, and after some actions every way of reading, is compared with the model, for both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_model

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.models import File, Membership
from reference_app.chat.queries.conversations import load_state, load_states_of_each
from reference_app.chat.queries.files import load_file
from reference_app.chat.queries.heads import load_heads
from reference_app.chat.queries.search import find_matches
from reference_app.chat.queries.sync import load_changes, load_first_changes
from reference_app.chat.records.draft import Draft
from reference_app.chat.store import (
    blocks,
    conversations,
    message_changes,
    messages,
    read_markers,
)
from reference_app.chat.store.audience import Audience
from reference_app.protocol import ErrorCode, Position, Refused
from tests.builders import person, said
from tests.reference_app.chat.queries.test_sync_model import Page, history_of

somebody = st.sampled_from([0, 1])
emoji = st.sampled_from("👍🎉")
seldom = st.sampled_from([False, False, False, True])
WORD = "needle"
CHECK_EVERY = 5
"""Actions between two comparisons of all ways of reading, which take most of the time."""


@dataclass
class Written:
    """A message as the model has it; ``own_text`` is an edit that only its sender sees."""

    draft: Draft
    sender: int
    id: int
    seq: int
    text: str
    withheld: bool
    own_text: str | None = None
    removed: bool = False
    reactions: dict[tuple[int, str], bool] = field(default_factory=dict)
    """Who reacted with which emoji, and whether that is withheld."""

    def is_meant_for(self, reader: int) -> bool:
        return self.sender == reader or not self.withheld

    def text_for(self, reader: int) -> str:
        return self.own_text if self.own_text and self.sender == reader else self.text

    def reactions_for(self, reader: int) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for (who, which), withheld in self.reactions.items():
            if who == reader or not withheld:
                found.setdefault(which, set()).add(who)
        return found


class Withholding(RuleBasedStateMachine):
    """Two people in a direct conversation, each of whom may block the other."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.people = [person(), person()]
        self.direct = conversations.direct_conversation(self.people[0], self.people[1].pk).id
        self.numbers = count(1)
        said(self.people[0], self.direct, "hello")
        self.head = 1
        self.steps = 0
        self.written: list[Written] = []
        self.frozen: dict[int, int] = {}
        self.read = [0, 0]
        self.secrets: tuple[set[str], set[str]] = (set(), set())
        self.pages = [Page(user) for user in self.people]
        for page in self.pages:
            page.sync()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def new_text(self, who: int) -> str:
        """Return a new text; if the other person blocks its author, they must never see it."""
        text = f"{WORD} {next(self.numbers)}."
        if 1 - who in self.frozen:
            self.secrets[1 - who].add(text)
        return text

    def is_withheld(self, who: int) -> bool:
        return 1 - who in self.frozen

    def visible(self, reader: int) -> list[Written]:
        upto = self.frozen.get(reader, self.head)
        return [one for one in self.written if one.is_meant_for(reader) and one.seq <= upto]

    def deliver(self, event: protocol.Event, audience: Audience) -> None:
        """Deliver an event as the hub does, and check what each reader receives of it."""
        self.head = max(self.head, event.seq)
        for reader, user in enumerate(self.people):
            if user.pk in audience.synced:
                self.pages[reader].sync()
            if user.pk not in audience.hidden_from and reader not in self.frozen:
                self.assert_no_secret(reader, event.model_dump_json())
                if isinstance(event, protocol.ReactedEvent):
                    (one,) = [one for one in self.written if one.id == event.message]
                    self.compare_reactions(reader, one, event.reactions)
                self.pages[reader].take(event)

    def assert_no_secret(self, reader: int, text: str) -> None:
        for secret in self.secrets[reader]:
            assert secret not in text

    def choose(self, which: st.DataObject, chosen: list[Written]) -> Written | None:
        """Choose one of the newest two: interesting cases need several actions on one message."""
        return which.draw(st.sampled_from(chosen[-2:])) if chosen else None

    @rule(who=somebody, which=st.data(), has_file=st.booleans(), mentions=st.booleans())
    def somebody_writes(
        self, who: int, which: st.DataObject, has_file: bool, mentions: bool
    ) -> None:
        who = 1 - who if who in self.frozen else who
        if who in self.frozen:
            return
        answered = which.draw(st.sampled_from([None, *self.written]))
        text = self.new_text(who) + (f" @{self.people[1 - who].username}" if mentions else "")
        files = (self.upload(who),) if has_file else ()
        draft = Draft(
            self.people[who], self.direct, uuid4(), text, answered.id if answered else None, files
        )
        if answered and not answered.is_meant_for(who):
            with pytest.raises(Refused) as refused:
                messages.append_message(draft)
            assert refused.value.code is ErrorCode.NOT_FOUND
            return
        stored = messages.append_message(draft)
        self.written.append(
            Written(draft, who, stored.event.id, stored.ack.seq, text, self.is_withheld(who))
        )
        self.deliver(stored.event, stored.audience)

    def upload(self, who: int) -> int:
        return File.objects.create(
            conversation_id=self.direct,
            uploader=self.people[who],
            name=self.new_text(who),
            media_type="text/plain",
            size=1,
            stored_as=uuid4().hex,
        ).pk

    @precondition(lambda self: self.written)
    @rule(which=st.data())
    def somebody_sends_the_same_again(self, which: st.DataObject) -> None:
        one = which.draw(st.sampled_from(self.written))
        again = messages.append_message(one.draft)
        assert (again.ack.duplicate, again.event.id) == (True, one.id)
        self.deliver(again.event, again.audience)

    @precondition(lambda self: self.written)
    @rule(which=st.data(), removes=seldom)
    def somebody_changes_what_they_wrote(self, which: st.DataObject, removes: bool) -> None:
        one = self.choose(
            which,
            [one for one in self.written if one.sender not in self.frozen and not one.removed],
        )
        if one is None:
            return
        about = (self.people[one.sender], self.direct, one.id)
        if removes:
            one.text, one.own_text, one.removed, one.reactions = "", None, True, {}
            change = message_changes.remove_message(*about)
        else:
            text = self.new_text(one.sender)
            if self.is_withheld(one.sender) and not one.withheld:
                one.own_text = text
            else:
                one.text, one.own_text = text, None
                if one.withheld:
                    self.secrets[1 - one.sender].add(text)
            change = message_changes.edit_message(*about, text)
        assert change
        self.deliver(change.event, change.audience)

    @precondition(lambda self: self.written)
    @rule(who=somebody, which=st.data(), emoji=emoji, takes_off=seldom)
    def somebody_reacts(self, who: int, which: st.DataObject, emoji: str, takes_off: bool) -> None:
        on = not takes_off
        one = self.choose(which, [one for one in self.written if not one.removed])
        who = 1 - who if who in self.frozen else who
        if one is None or who in self.frozen:
            return
        about = (self.people[who], self.direct, one.id, emoji)
        if not one.is_meant_for(who):
            with pytest.raises(Refused) as refused:
                message_changes.react(*about, on=on)
            assert refused.value.code is ErrorCode.NOT_FOUND
            return
        change = message_changes.react(*about, on=on)
        assert (change is not None) is (((who, emoji) in one.reactions) is not on)
        if on:
            one.reactions.setdefault((who, emoji), self.is_withheld(who))
        else:
            one.reactions.pop((who, emoji), None)
        if change:
            self.deliver(change.event, change.audience)

    @precondition(lambda self: self.written)
    @rule(who=somebody)
    def somebody_reads(self, who: int) -> None:
        if who in self.frozen:
            return
        event = read_markers.append_read(self.people[who], self.direct, self.head)
        self.read[who] = self.written[-1].seq
        if event:
            self.deliver(event, Audience())

    @rule(who=st.sampled_from([0, 0, 0, 1]))
    def somebody_blocks_or_unblocks(self, who: int) -> None:
        other = self.people[1 - who].pk
        if who in self.frozen:
            assert blocks.unblock(self.people[who], other)
            del self.frozen[who]
        else:
            assert blocks.block(self.people[who], other)
            self.frozen[who] = self.head
        for page in self.pages:
            page.sync()

    @invariant()
    def every_way_of_reading_agrees_with_the_model(self) -> None:
        self.steps += 1
        if self.steps % CHECK_EVERY == 0:
            self.the_history_shows_what_the_reader_may_see()
            self.the_list_shows_what_the_reader_may_see()
            self.the_search_finds_what_the_reader_may_see()
            self.files_are_sent_to_those_who_see_their_message()
            self.no_cursor_makes_a_sync_show_more()
            self.pages_that_sync_show_the_history()

    def the_history_shows_what_the_reader_may_see(self) -> None:
        for reader, user in enumerate(self.people):
            found = [one for one in history_of(user, self.direct).values() if one.seq > 1]
            visible = self.visible(reader)
            assert [one.id for one in found] == [one.id for one in visible]
            for shown, one in zip(found, visible, strict=True):
                assert (shown.text, shown.removed) == (one.text_for(reader), one.removed)
                self.compare_reactions(reader, one, shown.reactions)
                self.compare_quote(reader, one, shown.reply_to)
                self.assert_no_secret(reader, shown.model_dump_json())

    def compare_reactions(
        self, reader: int, one: Written, shown: tuple[protocol.Reaction, ...]
    ) -> None:
        assert {each.emoji: set(each.people) for each in shown} == {
            which: {self.people[who].pk for who in people}
            for which, people in one.reactions_for(reader).items()
        }

    def compare_quote(self, reader: int, one: Written, shown: protocol.Quote | None) -> None:
        quoted = next((each for each in self.written if each.id == one.draft.reply_to), None)
        if quoted is None or one.removed or not quoted.is_meant_for(reader):
            assert shown is None
        else:
            assert shown
            assert (shown.id, shown.text) == (quoted.id, quoted.text_for(reader))

    def the_list_shows_what_the_reader_may_see(self) -> None:
        of_each = load_states_of_each({user: [self.direct] for user in self.people})
        for reader, user in enumerate(self.people):
            state = load_state(user, self.direct)
            assert of_each[user] == [state]
            assert load_first_changes([user])[user].reset == [state]
            visible = self.visible(reader)
            last = state.last_message
            assert last
            assert (last.id, last.text) == (
                (visible[-1].id, visible[-1].text_for(reader)) if visible else (last.id, "hello")
            )
            unread = [
                one
                for one in visible
                if one.sender != reader and not one.removed and one.seq > self.read[reader]
            ]
            is_frozen = reader in self.frozen
            first = 1 if reader == 1 and self.read[reader] == 0 else 0
            assert state.unread == (0 if is_frozen else len(unread) + first)
            mentioned = [one.seq for one in unread if f"@{user.username}" in one.text]
            assert list(state.mentioned) == ([] if is_frozen else mentioned)
            self.assert_no_secret(reader, state.model_dump_json())

    def the_search_finds_what_the_reader_may_see(self) -> None:
        for reader, user in enumerate(self.people):
            found = {
                (one.seq, "".join(piece.text for piece in one.excerpt))
                for one in find_matches(user, WORD).messages
            }
            visible = [one for one in self.visible(reader) if not one.removed]
            assert len(visible) < 30, "the search shows no more"
            assert found == {(one.seq, one.text_for(reader)) for one in visible}

    def files_are_sent_to_those_who_see_their_message(self) -> None:
        for reader, user in enumerate(self.people):
            readable = {one.id for one in self.visible(reader)}
            for one in self.written:
                for file in one.draft.files:
                    is_readable = one.id in readable and not one.removed
                    assert can_load(user, file) is is_readable

    def no_cursor_makes_a_sync_show_more(self) -> None:
        for reader, user in enumerate(self.people):
            version = Membership.objects.get(user=user, conversation=self.direct).version
            for seq in range(self.head + 1):
                position = Position(epoch=1, seq=seq, version=version)
                changes = load_changes(user, protocol.format_cursor({self.direct: position}))
                self.assert_no_secret(reader, changes.model_dump_json())

    def pages_that_sync_show_the_history(self) -> None:
        for reader, page in enumerate(self.pages):
            page.sync()
            assert page.seen == load_heads({page.user.pk})[page.user.pk]
            # A frozen page keeps a message that was removed meanwhile; a new page does not show it.
            if reader not in self.frozen:
                assert page.messages[self.direct] == history_of(page.user, self.direct)


def can_load(user: User, file: int) -> bool:
    try:
        load_file(user, file)
    except Refused:
        return False
    return True


@pytest.mark.django_db
def test_no_way_of_reading_shows_what_is_withheld() -> None:
    run_model(
        Withholding,
        settings=settings(max_examples=30, stateful_step_count=30, phases=(Phase.generate,)),
    )
