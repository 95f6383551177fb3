from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from reference_app.chat import reading, store, typing_notices
from reference_app.chat.catching_up import REPLAY_TOTAL
from reference_app.chat.models import Conversation, Membership
from reference_app.chat.protocol import REPLAY_LIMIT, ErrorCode, Refused
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db


def test_a_first_sync_gives_the_state_of_every_conversation() -> None:
    ann, bob = person(), person(display_name="Bob")
    conversation = room(ann, bob)
    said(bob, conversation, "one")
    said(bob, conversation, "two")
    changes = reading.sync(ann, "")
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
    cursor = reading.sync(ann, "").cursor
    said(bob, conversation, "two")
    store.append_read(ann, conversation, 2)
    changes = reading.sync(ann, cursor)
    assert [(event.type, event.seq) for event in changes.events] == [("message", 2), ("read", 3)]
    assert changes.reset == []


def test_an_idle_sync_asks_the_database_once(django_assert_num_queries: Any) -> None:
    ann, bob = person(), person()
    room(ann, bob)
    cursor = reading.sync(ann, "").cursor
    with django_assert_num_queries(1):
        changes = reading.sync(ann, cursor)
    assert changes.events == changes.reset == []


def test_a_first_sync_of_many_conversations_asks_no_more_often_than_of_one(
    django_assert_max_num_queries: Any,
) -> None:
    ann, bob = person(), person()
    for _ in range(30):
        said(bob, room(ann, bob))
    with django_assert_max_num_queries(5):
        assert len(reading.sync(ann, "").reset) == 30


def test_who_is_too_far_behind_is_reset() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    cursor = reading.sync(ann, "").cursor
    for _ in range(REPLAY_LIMIT):
        said(bob, conversation)
    assert len(reading.sync(ann, cursor).events) == REPLAY_LIMIT
    said(bob, conversation)
    changes = reading.sync(ann, cursor)
    assert (changes.events, [state.seq for state in changes.reset]) == ([], [REPLAY_LIMIT + 1])


def test_a_new_epoch_resets_instead_of_resuming() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    said(bob, conversation)
    cursor = reading.sync(ann, "").cursor
    Conversation.objects.filter(pk=conversation).update(epoch=F("epoch") + 1)
    assert [state.epoch for state in reading.sync(ann, cursor).reset] == [2]


def test_a_cursor_from_the_future_resets() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    assert reading.sync(ann, f"{conversation}.1.77").reset


def test_a_conversation_that_one_is_no_longer_in_is_gone() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    cursor = reading.sync(ann, "").cursor
    Membership.objects.filter(user=ann).delete()
    assert reading.sync(ann, cursor).gone == [conversation]


def test_typing_is_told_to_others_who_watch_and_to_nobody_else() -> None:
    ann, bob, eve = person(), person(), person()
    conversation = room(ann, bob)
    typing_notices.note(conversation, bob.as_person(), active=True)
    assert [one.person.id for one in reading.sync(ann, "", conversation).typing] == [bob.pk]
    assert reading.sync(ann, "").typing == []
    assert reading.sync(bob, "", conversation).typing == []
    assert reading.sync(eve, "", conversation).typing == []
    typing_notices.note(conversation, bob.as_person(), active=False)
    assert reading.sync(ann, "", conversation).typing == []


def test_history_comes_in_pages_oldest_first_and_to_members_only() -> None:
    ann, bob, eve = person(), person(), person()
    conversation = room(ann, bob)
    for number in range(reading.HISTORY_LIMIT + 5):
        said(bob, conversation, str(number))
    newest = reading.history(ann, conversation, None)
    assert newest.more
    assert [message.seq for message in newest.messages] == list(range(6, 56))
    oldest = reading.history(ann, conversation, newest.messages[0].seq)
    assert ([message.seq for message in oldest.messages], oldest.more) == ([1, 2, 3, 4, 5], False)
    with pytest.raises(Refused) as caught:
        reading.history(eve, conversation, None)
    assert caught.value.code is ErrorCode.NOT_A_MEMBER


def test_people_are_found_by_a_part_of_their_name() -> None:
    ann = person("ann")
    person("badr", display_name="بدر العلي")
    person("gone", is_active=False)
    assert [found.username for found in reading.people(ann, "العلي")] == ["badr"]
    assert [found.username for found in reading.people(ann, "")] == ["badr"]


def test_a_state_counts_only_what_others_wrote_since_the_marker() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    said(bob, conversation)
    store.append_read(ann, conversation, 1)
    said(ann, conversation)
    said(bob, conversation)
    (state,) = reading.conversations(ann)
    assert (state.read, state.unread, state.seq) == (1, 1, 4)


def test_a_state_of_an_empty_conversation_has_no_last_message() -> None:
    ann, bob = person(), person()
    room(ann, bob)
    (state,) = reading.conversations(ann)
    assert (state.last_message, state.unread, state.seq) == (None, 0, 0)


def test_a_sync_of_more_conversations_than_fit_one_query_still_answers() -> None:
    ann, bob = person(), person()
    rooms = [room(ann, bob) for _ in range(REPLAY_TOTAL + 20)]
    cursor = reading.sync(ann, "").cursor
    with transaction.atomic():
        for conversation in rooms:
            said(bob, conversation)
    changes = reading.sync(ann, cursor)
    assert (len(changes.events), len(changes.reset)) == (REPLAY_TOTAL, 20)


def test_a_cache_that_cannot_be_reached_costs_the_typing_notice_only(settings: Any) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "unix:///nowhere/at/all.sock",
        }
    }
    ann, bob = person(), person()
    conversation = room(ann, bob)
    typing_notices.note(conversation, bob.as_person(), active=True)
    changes = reading.sync(ann, "", conversation)
    assert (changes.typing, len(changes.reset)) == ([], 1)


def test_a_state_tells_how_far_the_others_have_read() -> None:
    ann, bob, eve = person(), person(), person()
    conversation = room(ann, bob, eve)
    said(ann, conversation)
    said(ann, conversation)
    store.append_read(ann, conversation, 2)
    store.append_read(bob, conversation, 1)
    (state,) = reading.conversations(ann)
    assert (state.read, state.read_by) == (2, {bob.pk: 1})
