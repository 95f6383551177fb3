"""Changes of messages over HTTP: edits, removals, reactions, and how bad requests are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.store import message_changes
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db

BAD_TEXTS = [
    "",
    " \n\t ",
    "\u200b\u200b",
    "a\x00b",
    "x" * (protocol.MAX_TEXT + 1),
    "\u202egnp.exe",
    "\u2067never closed",
    "a" + "\u0301" * 10_000,
    "a" + "\u0301" * 1_000,
]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(client: Client, method: str, path: str, body: object = None) -> Any:
    options = {} if body is None else {"data": body, "content_type": "application/json"}
    return getattr(client, method)(f"/api/conversations/{path}", **options)


def outcome(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_change_is_answered_with_its_event_and_a_repetition_with_204() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    of_ann, of_bob = client_of(ann), client_of(bob)
    cursor = of_bob.get("/api/sync").json()["cursor"]
    message = said(ann, conversation, "helo").ack.id
    at = f"{conversation}/messages/{message}"
    changes = []
    for client, method, path, body in (
        (of_ann, "patch", at, {"text": "hello"}),
        (of_bob, "put", f"{at}/reactions/%F0%9F%91%8D", None),
        (of_bob, "delete", f"{at}/reactions/%F0%9F%91%8D", None),
        (of_ann, "delete", at, None),
    ):
        first, again = (ask(client, method, path, body) for _ in range(2))
        assert first.status_code == 200
        changes.append(first.json())
        assert again.status_code == 204
    assert [event["type"] for event in changes] == ["edited", "reacted", "reacted", "removed"]
    assert changes[1]["reactions"] == [{"emoji": "👍", "count": 1, "people": [bob.pk]}]
    events = of_bob.get("/api/sync", {"cursor": cursor}).json()["events"]
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5]


def test_an_edit_to_the_same_text_is_answered_with_204() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = said(ann, conversation, "hello").ack.id
    answer = ask(client_of(ann), "patch", f"{conversation}/messages/{message}", {"text": "hello"})
    assert answer.status_code == 204


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("patch", "", {"text": "mine"}),
        ("delete", "", None),
    ],
)
def test_messages_of_others_cannot_be_edited_or_removed(
    method: str, rest: str, body: object
) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = said(ann, conversation).ack.id
    answer = ask(client_of(bob), method, f"{conversation}/messages/{message}{rest}", body)
    assert outcome(answer) == (403, "forbidden")


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("patch", "", {"text": "mine"}),
        ("delete", "", None),
        ("put", "/reactions/👍", None),
        ("delete", "/reactions/👍", None),
    ],
)
def test_an_outsider_cannot_change_a_message(method: str, rest: str, body: object) -> None:
    ann, bob, eve = person(), person(), person()
    conversation = room(ann, bob)
    message = said(ann, conversation).ack.id
    answer = ask(client_of(eve), method, f"{conversation}/messages/{message}{rest}", body)
    assert outcome(answer) == (403, "not_a_member")


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [("patch", "", {"text": "back"}), ("put", "/reactions/👍", None)],
)
def test_a_removed_message_is_not_found(method: str, rest: str, body: object) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = said(ann, conversation).ack.id
    message_changes.remove_message(ann, conversation, message)
    answer = ask(client_of(ann), method, f"{conversation}/messages/{message}{rest}", body)
    assert outcome(answer) == (404, "not_found")


def test_an_answer_to_a_message_of_another_conversation_is_refused() -> None:
    ann, bob = person(), person()
    here, there = room(ann, bob), room(ann, bob)
    body = {"client_id": str(uuid4()), "text": "yes", "reply_to": said(bob, there).ack.id}
    assert outcome(ask(client_of(ann), "post", f"{here}/messages", body)) == (404, "not_found")


@pytest.mark.parametrize("emoji", ["ok", "👍👍", "%20", "<b>", "👍%E2%80%AE", "a" * 500])
def test_a_reaction_that_is_no_emoji_is_refused(emoji: str) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = said(ann, conversation).ack.id
    path = f"{conversation}/messages/{message}/reactions/{emoji}"
    assert outcome(ask(client_of(ann), "put", path)) == (422, "invalid")


def test_one_emoji_too_many_is_a_conflict() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = said(ann, conversation).ack.id
    for number in range(protocol.MAX_EMOJI):
        message_changes.react(ann, conversation, message, chr(0x1F600 + number), on=True)
    path = f"{conversation}/messages/{message}/reactions/👍"
    assert outcome(ask(client_of(bob), "put", path)) == (409, "too_many")


@pytest.mark.parametrize("text", BAD_TEXTS)
def test_an_edit_follows_the_rules_of_sending(text: str) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = said(ann, conversation).ack.id
    client = client_of(ann)
    sent = ask(
        client, "post", f"{conversation}/messages", {"client_id": str(uuid4()), "text": text}
    )
    edited = ask(client, "patch", f"{conversation}/messages/{message}", {"text": text})
    assert edited.status_code == sent.status_code
    assert edited.json().get("code") == sent.json().get("code")


@pytest.mark.parametrize("body", [{}, {"text": 1}, {"text": "a", "html": True}, "{"])
def test_an_ill_formed_edit_is_refused(body: object) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = said(ann, conversation).ack.id
    answer = ask(client_of(ann), "patch", f"{conversation}/messages/{message}", body)
    assert answer.status_code in {400, 422}


Request = Callable[[Client, str], Any]


@pytest.mark.parametrize(
    "request_",
    [
        lambda client, at: ask(client, "patch", at, {"text": "hm"}),
        lambda client, at: ask(client, "delete", at),
        lambda client, at: ask(client, "put", f"{at}/reactions/👍"),
    ],
)
def test_a_change_needs_the_csrf_token(request_: Request) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = said(ann, conversation).ack.id
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    assert outcome(request_(client, f"{conversation}/messages/{message}")) == (403, "forbidden")
