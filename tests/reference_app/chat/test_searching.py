"""Searching in people, conversations and messages: whose, how, and in what order."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from reference_app.accounts.models import User
from reference_app.chat import acts, blocking, conversations, protocol, searching, services, store
from reference_app.chat.models import Message
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db


def found(user: User, query: str) -> protocol.Found:
    client = Client()
    client.force_login(user)
    answer = client.get("/api/search", {"q": query})
    assert answer.status_code == 200, answer.content
    return protocol.Found.model_validate_json(answer.content)


def texts(answer: protocol.Found) -> list[str]:
    return ["".join(piece.text for piece in one.excerpt) for one in answer.messages]


def test_ones_own_messages_are_found_the_newest_first_with_what_was_sought_marked() -> None:
    ann, bob, eve = person("ann"), person(display_name="Bob"), person()
    here, elsewhere = room(ann, bob), room(bob, eve)
    said(ann, here, "The figures are in")
    said(bob, here, "Which FIGURES?")
    said(ann, here, "nothing of it")
    said(bob, elsewhere, "figures, but not for ann")
    answer = found(ann, "figures")
    assert texts(answer) == ["Which FIGURES?", "The figures are in"]
    first = answer.messages[0]
    assert (first.conversation, first.seq, first.person.name) == (here, 2, "Bob")
    assert [piece.text for piece in first.excerpt if piece.hit] == ["FIGURES"]
    assert found(eve, "The figures").messages == []


@pytest.mark.parametrize(
    ("written", "sought"),
    [
        ("وصل أحمد إلى المدرسة", "احمد"),
        ("مُحَمَّدٌ هنا", "محمد"),
        ("جميـــل جدا", "جميل"),
        ("ذهب علي", "على"),
        ("في المكتبه", "المكتبة"),
        ("الموعد ٢٠٢٦", "2026"),
        ("Café Überraschung", "uberr"),
        ("100% sure_thing", "% sure_"),
        ("a\\b", "a\\b"),
    ],
)
def test_how_it_was_typed_does_not_matter(written: str, sought: str) -> None:
    ann, bob = person(), person()
    said(bob, room(ann, bob), written)
    assert texts(found(ann, sought)) == [written]


@pytest.mark.parametrize("sought", ["100_", "su%re", "قلب"])
def test_what_was_not_written_is_not_found(sought: str) -> None:
    ann, bob = person(), person()
    said(bob, room(ann, bob), "1000 sure كلب")
    assert found(ann, sought).messages == []


def test_people_and_groups_are_found_by_name_and_title() -> None:
    ann, bob = person("ann"), person("badr", display_name="بدر الأحمد")
    group = conversations.group_conversation(ann, "خُطَط الإطلاق", [bob.pk]).id
    room(bob, person("eve"))
    assert [one.id for one in found(ann, "الاحمد").people] == [bob.pk]
    assert [one.id for one in found(ann, "BADR").people] == [bob.pk]
    assert found(ann, "خطط الاطلاق").conversations == [group]
    assert found(ann, "Room").conversations == []
    assert found(ann, "ann").people == []


def test_an_edited_message_is_found_by_what_it_says_now_and_a_removed_one_not() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = said(ann, conversation, "before").ack.id
    acts.edit_message(ann, conversation, message, "afterwards")
    assert texts(found(bob, "afterwards")) == ["afterwards"]
    assert found(bob, "before").messages == []
    acts.remove_message(ann, conversation, message)
    assert found(bob, "afterwards").messages == []


def test_results_are_bounded_and_say_that_there_are_more() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    for number in range(searching.MOST_MESSAGES + 1):
        said(bob, conversation, f"again {number}")
    answer = found(ann, "again")
    assert len(answer.messages) == searching.MOST_MESSAGES
    assert answer.more
    assert texts(answer)[0] == f"again {searching.MOST_MESSAGES}"
    assert not found(ann, "again 3").more


def test_what_lies_too_far_back_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "DEPTH", 2)
    ann, bob = person(), person()
    conversation = room(ann, bob)
    for text in ("needle one", "needle two", "needle three"):
        said(bob, conversation, text)
    assert texts(found(ann, "needle")) == ["needle three", "needle two"]


@pytest.mark.parametrize("query", ["x", " ", "\u064b"])
def test_too_little_finds_no_messages(query: str) -> None:
    ann, bob = person(), person()
    said(bob, room(ann, bob), "x")
    assert found(ann, query).messages == []


@pytest.mark.parametrize(
    ("query", "code"),
    [("a\x00b", "control_characters"), ("x" * 101, "too_long"), (None, "invalid")],
)
def test_a_query_that_is_none_is_refused(query: str | None, code: str) -> None:
    client = Client()
    client.force_login(person())
    options: dict[str, Any] = {} if query is None else {"q": query}
    assert client.get("/api/search", options).json()["code"] == code


def test_whoever_has_left_finds_nothing_of_the_conversation_any_more() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    said(bob, conversation, "between us")
    ann.memberships.all().delete()
    assert found(ann, "between").messages == []


def test_what_is_withheld_or_cleared_is_not_found() -> None:
    ann, bob = person(), person()
    conversation = conversations.direct_conversation(ann, bob.pk).id
    said(bob, conversation, "needle before")
    blocking.block(ann, bob.pk)
    said(bob, conversation, "needle withheld")
    assert texts(found(ann, "needle")) == ["needle before"]
    assert texts(found(bob, "needle")) == ["needle withheld", "needle before"]
    blocking.unblock(ann, bob.pk)
    assert texts(found(ann, "needle")) == ["needle before"]
    services.clear_conversation(ann, conversation)
    said(bob, conversation, "needle after")
    assert texts(found(ann, "needle")) == ["needle after"]


def test_all_from_a_message_on_can_be_loaded_at_once() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    for number in range(70):
        store.append_message(bob, conversation, uuid4(), str(number))
    client = Client()
    client.force_login(ann)
    path = f"/api/conversations/{conversation}/messages"
    history = client.get(path, {"before": 70, "limit": 60}).json()
    assert [one["seq"] for one in history["messages"]] == list(range(10, 70))
    assert history["more"]
    for limit in (0, 1001):
        assert client.get(path, {"limit": limit}).status_code == 422


def test_a_message_is_stored_as_it_is_searched() -> None:
    ann, bob = person(), person()
    said(bob, room(ann, bob), "إلى الأمام")
    assert Message.objects.get().folded == "الي الامام"
