"""Sync: the states and events that a client receives for its cursor; history; lists of people."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from reference_app.chat.fanout import typing_cache
from reference_app.chat.models import Conversation, Membership
from reference_app.chat.queries.conversations import load_states
from reference_app.chat.queries.history import HISTORY_LIMIT, load_history
from reference_app.chat.queries.people import find_people
from reference_app.chat.queries.sync import load_changes
from reference_app.chat.queries.sync_plan import REPLAY_TOTAL
from reference_app.chat.store import read_markers
from reference_app.protocol import REPLAY_LIMIT, ErrorCode, Refused
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db


def test_a_first_sync_gives_the_state_of_every_conversation() -> None:
    ann, bob = person(), person(display_name="Bob")
    conversation = room(ann, bob)
    said(bob, conversation, "one")
    said(bob, conversation, "two")
    changes = load_changes(ann, "")
    (state,) = changes.reset
    assert (state.seq, state.unread, state.kind) == (2, 2, "group")
    assert state.last_message is not None
    assert state.last_message.text == "two"
    assert {member.name for member in state.members} == {ann.username, "Bob"}
    assert changes.cursor == f"{conversation}.1.2"


def test_a_sync_replays_what_is_missing_in_order() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    said(bob, conversation)
    cursor = load_changes(ann, "").cursor
    said(bob, conversation, "two")
    read_markers.append_read(ann, conversation, 2)
    changes = load_changes(ann, cursor)
    assert [(event.type, event.seq) for event in changes.events] == [("message", 2), ("read", 3)]
    assert changes.reset == []


def test_an_idle_sync_makes_one_query(django_assert_num_queries: Any) -> None:
    ann, bob = person(), person()
    room(ann, bob)
    cursor = load_changes(ann, "").cursor
    with django_assert_num_queries(1):
        changes = load_changes(ann, cursor)
    assert changes.events == changes.reset == []


def test_a_first_sync_of_many_conversations_makes_no_more_queries_than_of_one(
    django_assert_max_num_queries: Any,
) -> None:
    ann, bob = person(), person()
    for _ in range(30):
        said(bob, room(ann, bob))
    with django_assert_max_num_queries(5):
        assert len(load_changes(ann, "").reset) == 30


def test_a_client_that_is_too_far_behind_is_reset() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    cursor = load_changes(ann, "").cursor
    for _ in range(REPLAY_LIMIT):
        said(bob, conversation)
    assert len(load_changes(ann, cursor).events) == REPLAY_LIMIT
    said(bob, conversation)
    changes = load_changes(ann, cursor)
    assert (changes.events, [state.seq for state in changes.reset]) == ([], [REPLAY_LIMIT + 1])


def test_a_new_epoch_resets_instead_of_resuming() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    said(bob, conversation)
    cursor = load_changes(ann, "").cursor
    Conversation.objects.filter(pk=conversation).update(epoch=F("epoch") + 1)
    assert [state.epoch for state in load_changes(ann, cursor).reset] == [2]


def test_a_cursor_from_the_future_resets() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    assert load_changes(ann, f"{conversation}.1.77").reset


def test_a_conversation_that_the_user_has_left_is_gone() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    cursor = load_changes(ann, "").cursor
    Membership.objects.filter(user=ann).delete()
    assert load_changes(ann, cursor).gone == [conversation]


def test_typing_is_sent_to_other_members_who_watch_and_to_nobody_else() -> None:
    ann, bob, eve = person(), person(), person()
    conversation = room(ann, bob)
    typing_cache.store_notice(conversation, bob.as_person(), active=True)
    assert [one.person.id for one in load_changes(ann, "", conversation).typing] == [bob.pk]
    assert load_changes(ann, "").typing == []
    assert load_changes(bob, "", conversation).typing == []
    assert load_changes(eve, "", conversation).typing == []
    typing_cache.store_notice(conversation, bob.as_person(), active=False)
    assert load_changes(ann, "", conversation).typing == []


def test_history_comes_in_pages_oldest_first_and_to_members_only() -> None:
    ann, bob, eve = person(), person(), person()
    conversation = room(ann, bob)
    for number in range(HISTORY_LIMIT + 5):
        said(bob, conversation, str(number))
    newest = load_history(ann, conversation, None)
    assert newest.more
    assert [message.seq for message in newest.messages] == list(range(6, 56))
    oldest = load_history(ann, conversation, newest.messages[0].seq)
    assert ([message.seq for message in oldest.messages], oldest.more) == ([1, 2, 3, 4, 5], False)
    with pytest.raises(Refused) as caught:
        load_history(eve, conversation, None)
    assert caught.value.code is ErrorCode.NOT_A_MEMBER


def test_people_are_found_by_a_part_of_their_name() -> None:
    ann = person("ann")
    person("badr", display_name="بدر العلي")
    person("gone", is_active=False)
    assert [found.username for found in find_people(ann, "العلي")] == ["badr"]
    assert [found.username for found in find_people(ann, "")] == ["badr"]


def test_a_state_counts_only_what_others_wrote_since_the_marker() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    said(bob, conversation)
    read_markers.append_read(ann, conversation, 1)
    said(ann, conversation)
    said(bob, conversation)
    (state,) = load_states(ann)
    assert (state.read, state.unread, state.seq) == (1, 1, 4)


def test_a_state_of_an_empty_conversation_has_no_last_message() -> None:
    ann, bob = person(), person()
    room(ann, bob)
    (state,) = load_states(ann)
    assert (state.last_message, state.unread, state.seq) == (None, 0, 0)


@pytest.mark.long
def test_a_sync_beyond_the_replay_total_resets_the_other_conversations() -> None:
    ann, bob = person(), person()
    rooms = [room(ann, bob) for _ in range(REPLAY_TOTAL + 20)]
    cursor = load_changes(ann, "").cursor
    with transaction.atomic():
        for conversation in rooms:
            said(bob, conversation)
    changes = load_changes(ann, cursor)
    assert (len(changes.events), len(changes.reset)) == (REPLAY_TOTAL, 20)


def test_without_the_cache_only_the_typing_notice_is_missing(settings: Any) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "reference_app.runtime.signed_cache.SignedRedisCache",
            "LOCATION": "unix:///nowhere/at/all.sock",
        }
    }
    ann, bob = person(), person()
    conversation = room(ann, bob)
    typing_cache.store_notice(conversation, bob.as_person(), active=True)
    changes = load_changes(ann, "", conversation)
    assert (changes.typing, len(changes.reset)) == ([], 1)


def test_a_state_says_how_far_the_others_have_read() -> None:
    ann, bob, eve = person(), person(), person()
    conversation = room(ann, bob, eve)
    said(ann, conversation)
    said(ann, conversation)
    read_markers.append_read(ann, conversation, 2)
    read_markers.append_read(bob, conversation, 1)
    (state,) = load_states(ann)
    assert (state.read, state.read_by) == (2, {bob.pk: 1})
