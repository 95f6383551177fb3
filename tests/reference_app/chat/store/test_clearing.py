"""Clearing a conversation: it is empty for one user on all of their pages, and for nobody else."""

from __future__ import annotations

import pytest
from django.test import Client

from reference_app.chat.queries.conversations import load_state
from reference_app.chat.queries.history import load_history
from reference_app.chat.queries.sync import load_changes
from reference_app.chat.store import conversations, groups
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db


def test_cleared_messages_are_gone_for_the_user_and_stay_for_the_others() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    said(bob, group, "before")
    groups.rename(bob, group, "Plans")
    client = Client()
    client.force_login(ann)
    assert client.post(f"/api/conversations/{group}/clear").status_code == 204
    mine, theirs = load_state(ann, group), load_state(bob, group)
    assert (mine.last_message, mine.unread, mine.seq) == (None, 0, 2)
    page = load_history(ann, group, None)
    assert (page.messages, page.notices, page.more) == ([], [], False)
    assert theirs.last_message is not None
    assert [one.text for one in load_history(bob, group, None).messages] == ["before"]


def test_later_messages_are_visible_and_unread() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    said(bob, group, "before")
    groups.clear(ann, group)
    said(bob, group, "after")
    state = load_state(ann, group)
    assert state.last_message is not None
    assert (state.last_message.text, state.unread) == ("after", 1)
    assert [one.text for one in load_history(ann, group, None).messages] == ["after"]


def test_every_page_of_the_user_is_reset_although_it_was_up_to_date() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    said(bob, group)
    of_ann, of_bob = (load_changes(one, "").cursor for one in (ann, bob))
    groups.clear(ann, group)
    changes = load_changes(ann, of_ann)
    assert [(state.seq, state.version) for state in changes.reset] == [(1, 1)]
    assert changes.cursor == f"{group}.1.1.1"
    again = load_changes(ann, changes.cursor)
    assert (again.reset, again.events) == ([], [])
    others = load_changes(bob, of_bob)
    assert (others.reset, others.events) == ([], [])


def test_a_page_that_was_reset_receives_later_events_by_replay() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    said(bob, group)
    groups.clear(ann, group)
    cursor = load_changes(ann, "").cursor
    said(bob, group, "after")
    assert [event.seq for event in load_changes(ann, cursor).events] == [2]


def test_a_cleared_mention_is_no_longer_unread() -> None:
    ann, bob = person("ann"), person()
    group = room(ann, bob)
    said(bob, group, "@ann, look")
    assert load_state(ann, group).mentioned == (1,)
    groups.clear(ann, group)
    assert load_state(ann, group).mentioned == ()


def test_clearing_stores_no_event() -> None:
    ann, bob = person(), person()
    direct = conversations.direct_conversation(ann, bob.pk).id
    said(bob, direct)
    groups.clear(ann, direct)
    assert load_state(bob, direct).seq == 1
