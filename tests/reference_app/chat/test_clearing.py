"""Clearing a conversation for oneself: gone for one reader on all of their pages, for no other."""

from __future__ import annotations

import pytest
from django.test import Client

from reference_app.chat import conversations, membership, reading
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db


def test_what_is_cleared_is_gone_for_oneself_and_stays_for_the_others() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    said(bob, group, "before")
    membership.rename(bob, group, "Plans")
    client = Client()
    client.force_login(ann)
    assert client.post(f"/api/conversations/{group}/clear").status_code == 204
    mine, theirs = reading.conversation(ann, group), reading.conversation(bob, group)
    assert (mine.last_message, mine.unread, mine.seq) == (None, 0, 2)
    history = reading.history(ann, group, None)
    assert (history.messages, history.notices, history.more) == ([], [], False)
    assert theirs.last_message is not None
    assert [one.text for one in reading.history(bob, group, None).messages] == ["before"]


def test_what_comes_afterwards_is_seen_and_unread() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    said(bob, group, "before")
    membership.clear(ann, group)
    said(bob, group, "after")
    state = reading.conversation(ann, group)
    assert state.last_message is not None
    assert (state.last_message.text, state.unread) == ("after", 1)
    assert [one.text for one in reading.history(ann, group, None).messages] == ["after"]


def test_every_page_of_the_reader_begins_afresh_though_it_had_seen_everything() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    said(bob, group)
    of_ann, of_bob = (reading.sync(one, "").cursor for one in (ann, bob))
    membership.clear(ann, group)
    changes = reading.sync(ann, of_ann)
    assert [(state.seq, state.version) for state in changes.reset] == [(1, 1)]
    assert changes.cursor == f"{group}.1.1.1"
    again = reading.sync(ann, changes.cursor)
    assert (again.reset, again.events) == ([], [])
    others = reading.sync(bob, of_bob)
    assert (others.reset, others.events) == ([], [])


def test_a_page_that_began_afresh_is_replayed_to_from_there() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    said(bob, group)
    membership.clear(ann, group)
    cursor = reading.sync(ann, "").cursor
    said(bob, group, "after")
    assert [event.seq for event in reading.sync(ann, cursor).events] == [2]


def test_a_mention_that_is_cleared_is_unread_no_longer() -> None:
    ann, bob = person("ann"), person()
    group = room(ann, bob)
    said(bob, group, "@ann, look")
    assert reading.conversation(ann, group).mentioned == (1,)
    membership.clear(ann, group)
    assert reading.conversation(ann, group).mentioned == ()


def test_nobody_else_is_told() -> None:
    ann, bob = person(), person()
    direct = conversations.direct_conversation(ann, bob.pk).id
    said(bob, direct)
    membership.clear(ann, direct)
    assert reading.conversation(bob, direct).seq == 1
