"""Search in people, conversations and messages: what is found, by which spelling, in what order."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat import services
from reference_app.chat.models import Message
from reference_app.chat.queries import search
from reference_app.chat.records.draft import Draft
from reference_app.chat.store import blocks, conversations, message_changes, messages
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db


def results_of(user: User, query: str) -> protocol.SearchResults:
    client = Client()
    client.force_login(user)
    answer = client.get("/api/search", {"q": query})
    assert answer.status_code == 200, answer.content
    return protocol.SearchResults.model_validate_json(answer.content)


def texts(answer: protocol.SearchResults) -> list[str]:
    return ["".join(piece.text for piece in one.excerpt) for one in answer.messages]


def test_messages_of_the_users_conversations_are_found_newest_first_with_hits_marked() -> None:
    ann, bob, eve = person("ann"), person(display_name="Bob"), person()
    here, elsewhere = room(ann, bob), room(bob, eve)
    said(ann, here, "The figures are in")
    said(bob, here, "Which FIGURES?")
    said(ann, here, "nothing of it")
    said(bob, elsewhere, "figures, but not for ann")
    answer = results_of(ann, "figures")
    assert texts(answer) == ["Which FIGURES?", "The figures are in"]
    first = answer.messages[0]
    assert (first.conversation, first.seq, first.person.name) == (here, 2, "Bob")
    assert [piece.text for piece in first.excerpt if piece.hit] == ["FIGURES"]
    assert results_of(eve, "The figures").messages == []


@pytest.mark.parametrize(
    ("written", "query"),
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
def test_messages_are_found_by_other_spellings(written: str, query: str) -> None:
    ann, bob = person(), person()
    said(bob, room(ann, bob), written)
    assert texts(results_of(ann, query)) == [written]


@pytest.mark.parametrize("query", ["100_", "su%re", "قلب"])
def test_wildcards_and_similar_letters_match_nothing_else(query: str) -> None:
    ann, bob = person(), person()
    said(bob, room(ann, bob), "1000 sure كلب")
    assert results_of(ann, query).messages == []


def test_people_and_groups_are_found_by_name_and_title() -> None:
    ann, bob = person("ann"), person("badr", display_name="بدر الأحمد")
    group = conversations.group_conversation(ann, "خُطَط الإطلاق", [bob.pk]).id
    room(bob, person("eve"))
    assert [one.id for one in results_of(ann, "الاحمد").people] == [bob.pk]
    assert [one.id for one in results_of(ann, "BADR").people] == [bob.pk]
    assert results_of(ann, "خطط الاطلاق").conversations == [group]
    assert results_of(ann, "Room").conversations == []
    assert results_of(ann, "ann").people == []


def test_an_edited_message_is_found_by_its_new_text_and_a_removed_one_not_at_all() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = said(ann, conversation, "before").ack.id
    message_changes.edit_message(ann, conversation, message, "afterwards")
    assert texts(results_of(bob, "afterwards")) == ["afterwards"]
    assert results_of(bob, "before").messages == []
    message_changes.remove_message(ann, conversation, message)
    assert results_of(bob, "afterwards").messages == []


def test_results_are_bounded_and_say_that_there_are_more() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    for number in range(search.MAX_MESSAGES + 1):
        said(bob, conversation, f"again {number}")
    answer = results_of(ann, "again")
    assert len(answer.messages) == search.MAX_MESSAGES
    assert answer.more
    assert texts(answer)[0] == f"again {search.MAX_MESSAGES}"
    assert not results_of(ann, "again 3").more


def test_messages_that_are_too_old_are_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_SEARCHED_EVENTS", 2)
    ann, bob = person(), person()
    conversation = room(ann, bob)
    for text in ("needle one", "needle two", "needle three"):
        said(bob, conversation, text)
    assert texts(results_of(ann, "needle")) == ["needle three", "needle two"]


@pytest.mark.parametrize("query", ["x", " ", "\u064b"])
def test_a_query_that_is_too_short_finds_no_messages(query: str) -> None:
    ann, bob = person(), person()
    said(bob, room(ann, bob), "x")
    assert results_of(ann, query).messages == []


@pytest.mark.parametrize(
    ("query", "code"),
    [("a\x00b", "control_characters"), ("x" * 101, "too_long"), (None, "invalid")],
)
def test_an_invalid_query_is_refused(query: str | None, code: str) -> None:
    client = Client()
    client.force_login(person())
    options: dict[str, Any] = {} if query is None else {"q": query}
    assert client.get("/api/search", options).json()["code"] == code


def test_a_former_member_finds_nothing_of_the_conversation() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    said(bob, conversation, "between us")
    ann.memberships.all().delete()
    assert results_of(ann, "between").messages == []


def test_withheld_and_cleared_messages_are_not_found() -> None:
    ann, bob = person(), person()
    conversation = conversations.direct_conversation(ann, bob.pk).id
    said(bob, conversation, "needle before")
    blocks.block(ann, bob.pk)
    said(bob, conversation, "needle withheld")
    assert texts(results_of(ann, "needle")) == ["needle before"]
    assert texts(results_of(bob, "needle")) == ["needle withheld", "needle before"]
    blocks.unblock(ann, bob.pk)
    assert texts(results_of(ann, "needle")) == ["needle before"]
    services.clear_conversation(ann, conversation)
    said(bob, conversation, "needle after")
    assert texts(results_of(ann, "needle")) == ["needle after"]


def test_a_page_of_history_has_the_requested_length() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    for number in range(70):
        messages.append_message(Draft(bob, conversation, uuid4(), str(number)))
    client = Client()
    client.force_login(ann)
    path = f"/api/conversations/{conversation}/messages"
    history = client.get(path, {"before": 70, "limit": 60}).json()
    assert [one["seq"] for one in history["messages"]] == list(range(10, 70))
    assert history["more"]
    for limit in (0, 1001):
        assert client.get(path, {"limit": limit}).status_code == 422


def test_a_message_is_stored_with_its_folded_text() -> None:
    ann, bob = person(), person()
    said(bob, room(ann, bob), "إلى الأمام")
    assert Message.objects.get().folded == "الي الامام"
