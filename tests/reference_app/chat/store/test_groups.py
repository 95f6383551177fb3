"""Groups: rename, join, leave and hand over; who may do it, and which events are replayed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat import services
from reference_app.chat.models import Conversation, Event
from reference_app.chat.queries.conversations import load_state
from reference_app.chat.queries.history import load_history
from reference_app.chat.queries.sync import load_changes
from reference_app.chat.store import conversations, groups, read_markers
from reference_app.protocol import ErrorCode, Refused
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db


def ask(user: User, method: str, path: str, body: object = None) -> Any:
    client = Client()
    client.force_login(user)
    text = "" if body is None else json.dumps(body)
    return client.generic(method, f"/api/conversations/{path}", text, "application/json")


def kinds(events: tuple[protocol.Event, ...] | list[protocol.Event]) -> list[str]:
    return [event.type for event in events]


def test_events_of_a_group_replay_in_order_with_its_messages() -> None:
    ann, bob, carol = person(), person(), person()
    group = room(ann, bob)
    cursor = load_changes(bob, "").cursor
    said(ann, group)
    assert ask(bob, "PUT", f"{group}/title", {"title": " Plans "}).status_code == 204
    assert ask(bob, "POST", f"{group}/members", {"members": [carol.pk]}).status_code == 204
    assert ask(ann, "PUT", f"{group}/owner", {"person": bob.pk}).status_code == 204
    assert ask(bob, "DELETE", f"{group}/members/{carol.pk}").status_code == 204
    events = load_changes(bob, cursor).events
    assert kinds(events) == ["message", "renamed", "joined", "owner", "left"]
    assert [event.seq for event in events] == [1, 2, 3, 4, 5]
    state = load_state(bob, group)
    assert (state.title, state.owner, state.seq) == ("Plans", bob.pk, 5)
    assert {member.id for member in state.members} == {ann.pk, bob.pk}


def test_a_notice_is_neither_unread_nor_the_last_message() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    said(ann, group, "the last")
    groups.rename(ann, group, "Plans")
    state = load_state(bob, group)
    assert state.unread == 1
    assert state.last_message is not None
    assert state.last_message.text == "the last"


def test_history_has_the_notices_among_its_messages_and_none_twice() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    for number in range(4):
        said(ann, group)
        groups.rename(ann, group, f"Title {number}")
        read_markers.append_read(bob, group, 99)
    newest = load_history(bob, group, None, limit=2)
    assert [message.seq for message in newest.messages] == [7, 10]
    assert [notice.seq for notice in newest.notices] == [5, 8, 11]
    oldest = load_history(bob, group, newest.notices[0].seq, limit=2)
    assert [message.seq for message in oldest.messages] == [1, 4]
    assert [notice.seq for notice in oldest.notices] == [2]
    assert not oldest.more


def test_a_new_member_sees_earlier_messages_and_none_of_them_is_unread() -> None:
    ann, bob, carol = person(), person(), person()
    group = room(ann, bob)
    said(ann, group, "before")
    groups.add(bob, group, [carol.pk])
    said(bob, group, "after")
    assert [one.text for one in load_history(carol, group, None).messages] == [
        "before",
        "after",
    ]
    assert load_state(carol, group).unread == 1


def test_existing_members_are_skipped() -> None:
    ann, bob, carol = person(), person(), person()
    group = room(ann, bob)
    (event,) = groups.add(ann, group, [ann.pk, bob.pk, carol.pk])
    assert isinstance(event, protocol.JoinedEvent)
    assert event.person.id == carol.pk
    assert groups.add(ann, group, [carol.pk]) == ()
    assert Conversation.objects.get(pk=group).last_seq == 1


def test_many_are_added_at_once_each_with_a_seq_of_their_own() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    newcomers = [person() for _ in range(5)]
    events = groups.add(ann, group, [one.pk for one in newcomers])
    assert [event.seq for event in events] == [1, 2, 3, 4, 5]
    assert Event.objects.filter(conversation=group).count() == 5
    assert said(bob, group).ack.seq == 6


def test_the_number_of_members_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MAX_GROUP", 3)
    ann, bob, carol, deniz = (person() for _ in range(4))
    group = room(ann, bob)
    answer = ask(ann, "POST", f"{group}/members", {"members": [carol.pk, deniz.pk]})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_long")
    assert answer.json()["detail"] == "A group has at most 3 members."
    assert len(load_state(ann, group).members) == 2


def test_the_same_title_again_is_no_event() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    assert groups.rename(ann, group, " Room ") == ()


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
def test_an_invalid_title_is_refused(title: str, status: int, code: str) -> None:
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
    # After handing it over, the user is no longer the owner.
    groups.hand_over(ann, group, bob.pk)
    assert ask(ann, "DELETE", f"{group}/members/{carol.pk}").status_code == 403
    assert ask(bob, "DELETE", f"{group}/members/{carol.pk}").status_code == 204


def test_people_who_are_no_members_or_do_not_exist_are_not_found() -> None:
    ann, bob, eve = person(), person(), person()
    group = room(ann, bob)
    for answer in (
        ask(ann, "DELETE", f"{group}/members/{eve.pk}"),
        ask(ann, "PUT", f"{group}/owner", {"person": eve.pk}),
        ask(ann, "POST", f"{group}/members", {"members": [10**9]}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_outsider_cannot_change_a_group() -> None:
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


def test_a_removed_member_loses_the_group_and_cannot_write_there() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    cursor = load_changes(bob, "").cursor
    services.remove_member(ann, group, bob.pk)
    changes = load_changes(bob, cursor)
    assert (changes.gone, changes.events, changes.reset) == ([group], [], [])
    with pytest.raises(Refused) as refused:
        said(bob, group)
    assert refused.value.code is ErrorCode.NOT_A_MEMBER


def test_a_member_who_comes_back_is_reset() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    groups.remove(ann, group, bob.pk)
    cursor = load_changes(bob, f"{group}.1.0").cursor
    groups.add(ann, group, [bob.pk])
    assert [state.seq for state in load_changes(bob, cursor).reset] == [2]


def test_the_longest_member_becomes_the_owner_each_time_the_owner_leaves() -> None:
    ann, bob, carol = person(), person(), person()
    group = room(ann, bob, carol)
    first = groups.leave(ann, group)
    assert kinds(first.events) == ["owner", "left"]
    assert load_state(carol, group).owner == bob.pk
    second = groups.leave(bob, group)
    assert kinds(second.events) == ["owner", "left"]
    assert load_state(carol, group).owner == carol.pk
    last = groups.leave(carol, group)
    assert (last.events, last.deleted is not None) == ((), True)
    assert not Conversation.objects.filter(pk=group).exists()


def test_a_member_who_leaves_changes_no_owner() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    (event,) = groups.leave(bob, group).events
    assert isinstance(event, protocol.LeftEvent)
    assert (event.actor.id, event.person.id) == (bob.pk, bob.pk)
    assert load_state(ann, group).owner == ann.pk


def test_after_a_handover_only_the_new_owner_may_delete_the_group() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    groups.hand_over(ann, group, bob.pk)
    assert ask(ann, "DELETE", str(group)).status_code == 403
    assert ask(bob, "DELETE", str(group)).status_code == 204
