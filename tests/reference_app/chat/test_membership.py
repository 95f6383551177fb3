"""Groups: renamed, joined, left, handed over; who may, what is told, and what replays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from reference_app.accounts.models import User
from reference_app.chat import conversations, membership, protocol, reading, services, store
from reference_app.chat.models import Conversation, Event
from reference_app.chat.protocol import ErrorCode, Refused
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db


def ask(user: User, method: str, path: str, body: object = None) -> Any:
    client = Client()
    client.force_login(user)
    text = "" if body is None else json.dumps(body)
    return client.generic(method, f"/api/conversations/{path}", text, "application/json")


def kinds(events: tuple[protocol.Event, ...] | list[protocol.Event]) -> list[str]:
    return [event.type for event in events]


def test_what_happens_to_a_group_replays_in_order_with_everything_else() -> None:
    ann, bob, carol = person(), person(), person()
    group = room(ann, bob)
    cursor = reading.sync(bob, "").cursor
    said(ann, group)
    assert ask(bob, "PUT", f"{group}/title", {"title": " Plans "}).status_code == 204
    assert ask(bob, "POST", f"{group}/members", {"members": [carol.pk]}).status_code == 204
    assert ask(ann, "PUT", f"{group}/owner", {"person": bob.pk}).status_code == 204
    assert ask(bob, "DELETE", f"{group}/members/{carol.pk}").status_code == 204
    events = reading.sync(bob, cursor).events
    assert kinds(events) == ["message", "renamed", "joined", "owner", "left"]
    assert [event.seq for event in events] == [1, 2, 3, 4, 5]
    state = reading.conversation(bob, group)
    assert (state.title, state.owner, state.seq) == ("Plans", bob.pk, 5)
    assert {member.id for member in state.members} == {ann.pk, bob.pk}


def test_a_notice_is_neither_unread_nor_the_last_message() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    said(ann, group, "the last")
    membership.rename(ann, group, "Plans")
    state = reading.conversation(bob, group)
    assert state.unread == 1
    assert state.last_message is not None
    assert state.last_message.text == "the last"


def test_history_has_the_notices_among_its_messages_and_none_twice() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    for number in range(4):
        said(ann, group)
        membership.rename(ann, group, f"Title {number}")
        store.append_read(bob, group, 99)
    newest = reading.history(bob, group, None, limit=2)
    assert [message.seq for message in newest.messages] == [7, 10]
    assert [notice.seq for notice in newest.notices] == [5, 8, 11]
    oldest = reading.history(bob, group, newest.notices[0].seq, limit=2)
    assert [message.seq for message in oldest.messages] == [1, 4]
    assert [notice.seq for notice in oldest.notices] == [2]
    assert not oldest.more


def test_who_is_added_sees_what_was_said_and_none_of_it_is_unread() -> None:
    ann, bob, carol = person(), person(), person()
    group = room(ann, bob)
    said(ann, group, "before")
    membership.add(bob, group, [carol.pk])
    said(bob, group, "after")
    assert [one.text for one in reading.history(carol, group, None).messages] == ["before", "after"]
    assert reading.conversation(carol, group).unread == 1


def test_who_is_in_a_group_already_is_passed_over() -> None:
    ann, bob, carol = person(), person(), person()
    group = room(ann, bob)
    (event,) = membership.add(ann, group, [ann.pk, bob.pk, carol.pk])
    assert isinstance(event, protocol.JoinedEvent)
    assert event.person.id == carol.pk
    assert membership.add(ann, group, [carol.pk]) == ()
    assert Conversation.objects.get(pk=group).last_seq == 1


def test_many_are_added_at_once_each_with_a_seq_of_their_own() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    newcomers = [person() for _ in range(5)]
    events = membership.add(ann, group, [one.pk for one in newcomers])
    assert [event.seq for event in events] == [1, 2, 3, 4, 5]
    assert Event.objects.filter(conversation=group).count() == 5
    assert said(bob, group).ack.seq == 6


def test_a_group_has_no_more_members_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "MAX_GROUP", 3)
    ann, bob, carol, deniz = (person() for _ in range(4))
    group = room(ann, bob)
    answer = ask(ann, "POST", f"{group}/members", {"members": [carol.pk, deniz.pk]})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_long")
    assert answer.json()["detail"] == "A group has at most 3 members."
    assert len(reading.conversation(ann, group).members) == 2


def test_the_same_title_again_is_no_event() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    assert membership.rename(ann, group, " Room ") == ()


@pytest.mark.parametrize(
    ("title", "status", "code"),
    [
        ("", 422, "blank"),
        ("   ", 422, "blank"),
        ("x" * 81, 413, "too_long"),
        ("one\nline", 422, "invalid"),
        ("turned \u202e round", 422, "text_direction"),
        ("out of its isolate \u2069", 422, "text_direction"),
    ],
)
def test_a_title_that_cannot_be_one_is_refused(title: str, status: int, code: str) -> None:
    ann, bob = person(), person()
    answer = ask(ann, "PUT", f"{room(ann, bob)}/title", {"title": title})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_only_the_owner_removes_and_hands_over() -> None:
    ann, bob, carol = person(), person(), person()
    group = room(ann, bob, carol)
    for answer in (
        ask(bob, "DELETE", f"{group}/members/{carol.pk}"),
        ask(bob, "PUT", f"{group}/owner", {"person": bob.pk}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    # Whoever has handed it over is an owner no longer.
    membership.hand_over(ann, group, bob.pk)
    assert ask(ann, "DELETE", f"{group}/members/{carol.pk}").status_code == 403
    assert ask(bob, "DELETE", f"{group}/members/{carol.pk}").status_code == 204


def test_nobody_is_removed_or_made_owner_who_is_not_in_the_group() -> None:
    ann, bob, eve = person(), person(), person()
    group = room(ann, bob)
    for answer in (
        ask(ann, "DELETE", f"{group}/members/{eve.pk}"),
        ask(ann, "PUT", f"{group}/owner", {"person": eve.pk}),
        ask(ann, "POST", f"{group}/members", {"members": [10**9]}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_outsider_does_nothing_to_a_group() -> None:
    ann, bob, eve = person(), person(), person()
    group = room(ann, bob)
    for method, path, body in (
        ("PUT", f"{group}/title", {"title": "Mine"}),
        ("POST", f"{group}/members", {"members": [eve.pk]}),
        ("DELETE", f"{group}/members/{bob.pk}", None),
        ("DELETE", f"{group}/members/{eve.pk}", None),
        ("PUT", f"{group}/owner", {"person": eve.pk}),
        ("POST", f"{group}/clear", None),
    ):
        answer = ask(eve, method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_a_member"), path


def test_a_direct_conversation_is_no_group() -> None:
    ann, bob, carol = person(), person(), person()
    direct = conversations.direct_conversation(ann, bob.pk).id
    for method, path, body in (
        ("PUT", f"{direct}/title", {"title": "Us"}),
        ("POST", f"{direct}/members", {"members": [carol.pk]}),
        ("DELETE", f"{direct}/members/{ann.pk}", None),
        ("PUT", f"{direct}/owner", {"person": bob.pk}),
    ):
        answer = ask(ann, method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), path
        assert answer.json()["detail"] == "That can be done in groups only."


def test_who_is_removed_loses_the_group_and_writes_there_no_more() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    cursor = reading.sync(bob, "").cursor
    services.remove_member(ann, group, bob.pk)
    changes = reading.sync(bob, cursor)
    assert (changes.gone, changes.events, changes.reset) == ([group], [], [])
    with pytest.raises(Refused) as refused:
        said(bob, group)
    assert refused.value.code is ErrorCode.NOT_A_MEMBER


def test_who_comes_back_begins_afresh() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    membership.remove(ann, group, bob.pk)
    cursor = reading.sync(bob, f"{group}.1.0").cursor
    membership.add(ann, group, [bob.pk])
    assert [state.seq for state in reading.sync(bob, cursor).reset] == [2]


def test_an_owner_who_leaves_leaves_it_to_the_longest_member_and_so_does_a_second() -> None:
    ann, bob, carol = person(), person(), person()
    group = room(ann, bob, carol)
    first = membership.leave(ann, group)
    assert kinds(first.events) == ["owner", "left"]
    assert reading.conversation(carol, group).owner == bob.pk
    second = membership.leave(bob, group)
    assert kinds(second.events) == ["owner", "left"]
    assert reading.conversation(carol, group).owner == carol.pk
    last = membership.leave(carol, group)
    assert (last.events, last.deleted is not None) == ((), True)
    assert not Conversation.objects.filter(pk=group).exists()


def test_a_member_who_leaves_changes_no_owner() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    (event,) = membership.leave(bob, group).events
    assert isinstance(event, protocol.LeftEvent)
    assert (event.actor.id, event.person.id) == (bob.pk, bob.pk)
    assert reading.conversation(ann, group).owner == ann.pk


def test_one_who_was_given_a_group_may_delete_it_and_who_gave_it_may_not() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    membership.hand_over(ann, group, bob.pk)
    assert ask(ann, "DELETE", str(group)).status_code == 403
    assert ask(bob, "DELETE", str(group)).status_code == 204
