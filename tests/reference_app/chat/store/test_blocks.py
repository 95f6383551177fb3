"""Blocking: what the blocker no longer sees, and that the blocked person does not notice it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat import services
from reference_app.chat.fanout import typing_cache
from reference_app.chat.models import Block, Message
from reference_app.chat.queries import presence
from reference_app.chat.queries.conversations import load_state, load_states
from reference_app.chat.queries.history import load_history
from reference_app.chat.queries.people import load_blocked_people, load_profile
from reference_app.chat.queries.search import find_matches
from reference_app.chat.queries.sync import load_changes
from reference_app.chat.records.draft import Draft
from reference_app.chat.store import (
    blocks,
    conversations,
    groups,
    message_changes,
    messages,
    read_markers,
)
from reference_app.protocol import ErrorCode, Refused
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db


def ask(user: User, method: str, path: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.generic(method, f"/api{path}")


def texts(user: User, conversation: int) -> list[str]:
    return [message.text for message in load_history(user, conversation, None).messages]


class Pair:
    """Ann, who blocks, and bob, who is blocked after a first message of his."""

    def __init__(self) -> None:
        self.ann, self.bob = person("ann"), person("bob")
        self.direct = conversations.direct_conversation(self.ann, self.bob.pk).id
        said(self.bob, self.direct, "before")

    def block(self) -> None:
        assert blocks.block(self.ann, self.bob.pk)


@pytest.fixture
def pair() -> Pair:
    return Pair()


def test_a_message_of_a_blocked_person_looks_sent_to_them_and_reaches_nobody(pair: Pair) -> None:
    of_ann, of_bob = (load_changes(one, "").cursor for one in (pair.ann, pair.bob))
    pair.block()
    of_ann = load_changes(pair.ann, of_ann).cursor
    stored = said(pair.bob, pair.direct, "unheard")
    assert (stored.ack.seq, stored.ack.duplicate) == (2, False)
    assert stored.audience.hidden_from == (pair.ann.pk,)
    (event,) = load_changes(pair.bob, of_bob).events
    assert (event.type, event.seq) == ("message", 2)
    assert texts(pair.bob, pair.direct) == ["before", "unheard"]
    mine = load_state(pair.bob, pair.direct)
    assert mine.last_message is not None
    assert (mine.last_message.text, mine.version, mine.blocked) == ("unheard", 0, False)
    changes = load_changes(pair.ann, of_ann)
    assert (changes.events, changes.reset, changes.gone) == ([], [], [])
    assert texts(pair.ann, pair.direct) == ["before"]
    theirs = load_state(pair.ann, pair.direct)
    assert theirs.last_message is not None
    assert (theirs.last_message.text, theirs.unread, theirs.seq) == ("before", 0, 1)


def test_the_blocked_persons_pages_receive_nothing(pair: Pair) -> None:
    cursor = load_changes(pair.bob, "").cursor
    pair.block()
    changes = load_changes(pair.bob, cursor)
    assert (changes.events, changes.reset, changes.gone) == ([], [], [])
    assert changes.cursor == cursor


def test_every_page_of_the_blocker_receives_the_blocked_state(pair: Pair) -> None:
    cursor = load_changes(pair.ann, "").cursor
    pair.block()
    (state,) = load_changes(pair.ann, cursor).reset
    assert (state.blocked, state.version, state.seq) == (True, 1, 1)


def test_withheld_messages_stay_withheld_after_unblocking_and_new_ones_arrive(pair: Pair) -> None:
    pair.block()
    said(pair.bob, pair.direct, "unheard")
    cursor = load_changes(pair.ann, "").cursor
    assert blocks.unblock(pair.ann, pair.bob.pk)
    (state,) = load_changes(pair.ann, cursor).reset
    assert (state.blocked, state.seq, state.version) == (False, 2, 2)
    # It was unread when he was blocked, and is again.
    assert state.unread == 1
    stored = said(pair.bob, pair.direct, "heard again")
    assert stored.audience.hidden_from == ()
    said(pair.ann, pair.direct, "welcome back")
    assert texts(pair.ann, pair.direct) == ["before", "heard again", "welcome back"]
    assert texts(pair.bob, pair.direct) == ["before", "unheard", "heard again", "welcome back"]


def test_a_retry_of_a_withheld_message_is_a_duplicate_even_after_unblocking(pair: Pair) -> None:
    pair.block()
    client_id = uuid4()
    first = messages.append_message(Draft(pair.bob, pair.direct, client_id, "unheard"))
    blocks.unblock(pair.ann, pair.bob.pk)
    again = messages.append_message(Draft(pair.bob, pair.direct, client_id, "unheard"))
    assert (again.ack.seq, again.ack.duplicate, again.event) == (first.ack.seq, True, first.event)
    assert again.audience.hidden_from == first.audience.hidden_from == (pair.ann.pk,)


def test_the_blocker_cannot_write_react_read_or_type_there(pair: Pair) -> None:
    pair.block()
    message = Message.objects.get().pk
    for change in (
        lambda: said(pair.ann, pair.direct),
        lambda: message_changes.react(pair.ann, pair.direct, message, "👍", on=True),
        lambda: read_markers.append_read(pair.ann, pair.direct, 1),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert refused.value.code is ErrorCode.BLOCKED
        assert refused.value.detail == "You have blocked this person: unblock them first."
    with pytest.raises(Refused):
        services.publish_typing(pair.ann, pair.direct, active=True)


def test_the_blocker_may_clear_and_delete_it(pair: Pair) -> None:
    pair.block()
    groups.clear(pair.ann, pair.direct)
    assert texts(pair.ann, pair.direct) == []
    assert texts(pair.bob, pair.direct) == ["before"]
    conversations.delete_conversation(pair.ann, pair.direct)
    assert load_states(pair.bob) == []


def test_a_conversation_that_a_blocked_person_starts_is_shown_to_them_alone() -> None:
    ann, bob = person(), person()
    blocks.block(ann, bob.pk)
    state = services.open_direct(bob, ann.pk)
    assert {member.id for member in state.members} == {ann.pk, bob.pk}
    assert said(bob, state.id, "hello?").audience.hidden_from == (ann.pk,)
    assert texts(bob, state.id) == ["hello?"]
    assert load_states(ann) == []
    assert load_changes(ann, "").cursor == ""
    for load in (load_history, lambda *where: load_state(*where[:2])):
        with pytest.raises(Refused) as refused:
            load(ann, state.id, None)
        assert refused.value.code is ErrorCode.NOT_A_MEMBER
    blocks.unblock(ann, bob.pk)
    assert [one.id for one in load_changes(ann, "").reset] == [state.id]
    assert texts(ann, state.id) == []


def test_the_blocker_cannot_start_a_conversation_either() -> None:
    ann, bob = person(), person()
    blocks.block(ann, bob.pk)
    with pytest.raises(Refused) as refused:
        conversations.direct_conversation(ann, bob.pk)
    assert refused.value.code is ErrorCode.BLOCKED


def test_a_group_to_which_a_blocked_person_adds_the_blocker_is_hidden_until_unblocking() -> None:
    ann, bob, carol = person(), person(), person()
    blocks.block(ann, bob.pk)
    made = services.create_group(bob, "Gang", [ann.pk, carol.pk])
    other = room(carol, bob)
    groups.add(bob, other, [ann.pk])
    assert {member.id for member in made.members} == {ann.pk, bob.pk, carol.pk}
    said(carol, made.id, "to everybody")
    assert load_states(ann) == []
    blocks.unblock(ann, bob.pk)
    assert {one.id for one in load_states(ann)} == {made.id, other}
    assert texts(ann, made.id) == ["to everybody"]


def test_in_a_group_of_others_both_can_still_write() -> None:
    ann, bob, carol = person(), person(), person()
    group = room(carol, ann, bob)
    blocks.block(ann, bob.pk)
    assert said(bob, group, "to all").audience.hidden_from == ()
    said(ann, group, "to all as well")
    assert texts(ann, group) == texts(bob, group) == ["to all", "to all as well"]


def test_neither_sees_the_other_online() -> None:
    ann, bob, carol = person(), person(), person()
    room(carol, ann, bob)
    for one in (ann, bob, carol):
        presence.record_presence(one)
    blocks.block(ann, bob.pk)
    assert presence.record_presence(ann).online == [carol.pk]
    assert presence.record_presence(bob).online == [carol.pk]
    assert presence.record_presence(carol).online == sorted([ann.pk, bob.pk])
    assert (presence.record_presence(ann).blocked, presence.record_presence(bob).blocked) == (
        [bob.pk],
        [],
    )


def test_the_blocker_was_last_seen_when_they_blocked_and_not_since() -> None:
    ann, bob = person(), person()
    blocks.block(ann, bob.pk)
    blocked_at = Block.objects.get().created_at
    User.objects.update(last_seen=blocked_at + timedelta(hours=1))
    profile = load_profile(bob, ann.pk)
    assert (profile.online, profile.blocked) == (False, False)
    assert profile.last_seen == round(blocked_at.timestamp() * 1000)
    before = timezone.now() - timedelta(days=1)
    User.objects.update(last_seen=before)
    assert load_profile(bob, ann.pk).last_seen == round(before.timestamp() * 1000)
    own = load_profile(ann, bob.pk)
    assert (own.online, own.last_seen, own.blocked) == (False, None, True)


def test_neither_sees_the_other_type_by_polling() -> None:
    ann, bob, carol = person(), person(), person()
    group = room(carol, ann, bob)
    blocks.block(ann, bob.pk)
    for typist, reader in ((bob, ann), (ann, bob)):
        typing_cache.store_notice(group, typist.as_person(), active=True)
        assert load_changes(reader, "", group).typing == []
        assert [one.person.id for one in load_changes(carol, "", group).typing] == [typist.pk]
        typing_cache.store_notice(group, typist.as_person(), active=False)


def test_mutual_blocks_are_lifted_one_by_one(pair: Pair) -> None:
    pair.block()
    blocks.block(pair.bob, pair.ann.pk)
    blocks.unblock(pair.ann, pair.bob.pk)
    assert said(pair.ann, pair.direct, "hello?").audience.hidden_from == (pair.bob.pk,)
    with pytest.raises(Refused) as refused:
        said(pair.bob, pair.direct)
    assert refused.value.code is ErrorCode.BLOCKED
    blocks.unblock(pair.bob, pair.ann.pk)
    assert said(pair.bob, pair.direct, "hello!").audience.hidden_from == ()
    assert texts(pair.bob, pair.direct) == ["before", "hello!"]


def test_a_withheld_mention_is_not_listed(pair: Pair) -> None:
    pair.block()
    said(pair.bob, pair.direct, "@ann, hear me")
    blocks.unblock(pair.ann, pair.bob.pk)
    assert load_state(pair.ann, pair.direct).mentioned == ()


def withheld_message(pair: Pair, text: str = "unheard") -> int:
    """Return the id of a message that bob wrote while ann blocked him; she no longer does."""
    pair.block()
    stored = said(pair.bob, pair.direct, text)
    blocks.unblock(pair.ann, pair.bob.pk)
    return stored.event.id


@pytest.mark.parametrize("seq", [0, 1, 2, 3])
def test_a_made_up_cursor_shows_nothing_that_was_withheld(pair: Pair, seq: int) -> None:
    message = withheld_message(pair)
    message_changes.edit_message(pair.bob, pair.direct, message, "unheard again")
    said(pair.bob, pair.direct, "heard")
    for version in range(4):
        changes = load_changes(pair.ann, f"{pair.direct}.1.{seq}.{version}")
        assert "unheard" not in changes.model_dump_json()
        (state,) = changes.reset or [None]
        assert state is None or state.last_message is not None
    (of_bob,) = {one.text for one in load_changes(pair.bob, f"{pair.direct}.1.1").events[:1]}  # type: ignore[union-attr]
    assert of_bob == "unheard again"


def test_a_withheld_message_is_not_found_by_its_id(pair: Pair) -> None:
    message = withheld_message(pair)
    for change in (
        lambda: messages.append_message(Draft(pair.ann, pair.direct, uuid4(), "what?", message)),
        lambda: message_changes.react(pair.ann, pair.direct, message, "👍", on=True),
        lambda: message_changes.edit_message(pair.ann, pair.direct, message, "mine"),
        lambda: message_changes.remove_message(pair.ann, pair.direct, message),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert refused.value.code is ErrorCode.NOT_FOUND


def test_a_quote_of_a_withheld_message_is_shown_to_its_sender_only(pair: Pair) -> None:
    message = withheld_message(pair)
    cursor = load_changes(pair.ann, "").cursor
    stored = messages.append_message(Draft(pair.bob, pair.direct, uuid4(), "see above", message))
    assert stored.event.reply_to is not None
    assert stored.audience.hidden_from == stored.audience.synced == (pair.ann.pk,)
    (event,) = load_changes(pair.ann, cursor).events
    assert isinstance(event, protocol.MessageEvent)
    assert (event.text, event.reply_to) == ("see above", None)
    of_bob = load_history(pair.bob, pair.direct, None).messages[-1]
    assert of_bob.reply_to is not None
    assert of_bob.reply_to.text == "unheard"


def test_an_edit_during_a_block_is_shown_to_its_sender_only_until_the_next_one(pair: Pair) -> None:
    message = Message.objects.get().pk
    pair.block()
    change = message_changes.edit_message(pair.bob, pair.direct, message, "unheard")
    assert change is not None
    assert change.audience.hidden_from == (pair.ann.pk,)
    for _ in range(2):
        assert (texts(pair.ann, pair.direct), texts(pair.bob, pair.direct)) == (
            ["before"],
            ["unheard"],
        )
        blocks.unblock(pair.ann, pair.bob.pk)
    assert [len(find_matches(one, "unheard").messages) for one in (pair.ann, pair.bob)] == [0, 1]
    assert [len(find_matches(one, "before").messages) for one in (pair.ann, pair.bob)] == [1, 0]
    said(pair.ann, pair.direct, "hello")
    change = message_changes.edit_message(pair.bob, pair.direct, message, "after")
    assert change is not None
    assert change.audience.hidden_from == ()
    assert texts(pair.ann, pair.direct) == texts(pair.bob, pair.direct) == ["after", "hello"]


def test_a_reaction_during_a_block_is_shown_to_its_sender_only(pair: Pair) -> None:
    message = Message.objects.get().pk
    pair.block()
    message_changes.react(pair.bob, pair.direct, message, "👍", on=True)
    blocks.unblock(pair.ann, pair.bob.pk)
    (of_ann,), (of_bob,) = (
        load_history(one, pair.direct, None).messages for one in (pair.ann, pair.bob)
    )
    assert ([one.emoji for one in of_ann.reactions], [one.emoji for one in of_bob.reactions]) == (
        [],
        ["👍"],
    )
    change = message_changes.react(pair.ann, pair.direct, message, "🎉", on=True)
    assert change is not None
    assert change.audience.hidden_from == change.audience.synced == (pair.bob.pk,)


def test_the_api_blocks_lists_and_unblocks() -> None:
    ann, bob = person(), person("bob", display_name="Bob")
    assert ask(ann, "PUT", f"/me/blocks/{bob.pk}").status_code == 204
    assert ask(ann, "PUT", f"/me/blocks/{bob.pk}").status_code == 204
    assert ask(ann, "GET", "/me/blocks").json() == [
        {"id": bob.pk, "username": "bob", "name": "Bob"}
    ]
    assert ask(bob, "GET", "/me/blocks").json() == []
    assert ask(ann, "DELETE", f"/me/blocks/{bob.pk}").status_code == 204
    assert ask(ann, "DELETE", f"/me/blocks/{bob.pk}").status_code == 204
    assert ask(ann, "GET", "/me/blocks").json() == []


def test_nobody_blocks_themselves_or_nobody() -> None:
    ann = person()
    answer = ask(ann, "PUT", f"/me/blocks/{ann.pk}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["detail"] == "You cannot block yourself."
    assert ask(ann, "PUT", f"/me/blocks/{10**9}").status_code == 404
    assert not Block.objects.exists()


def test_a_conversation_of_a_blocked_person_who_is_deleted_goes_with_them(pair: Pair) -> None:
    pair.block()
    pair.bob.delete()
    assert load_states(pair.ann) == []
    assert load_blocked_people(pair.ann) == []


def test_withholding_a_message_makes_no_extra_query(pair: Pair) -> None:
    with CaptureQueriesContext(connection) as plain:
        said(pair.bob, pair.direct)
    pair.block()
    with CaptureQueriesContext(connection) as withheld:
        said(pair.bob, pair.direct)
    assert len(withheld) == len(plain)
