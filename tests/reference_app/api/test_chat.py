"""The HTTP API of the chat: messages, history, sync, long polls, and the errors it returns."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection
from django.test import AsyncClient, Client
from django.utils.crypto import get_random_string

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat import services
from reference_app.chat.store import messages
from reference_app.runtime.environment import ROOT
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db


def client_of(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def post(client: Client, path: str, body: object, **options: Any) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    return client.post(f"/api{path}", text, content_type="application/json", **options)


def run_and_disconnect(work: Callable[[], object]) -> None:
    """Run some work, then close the database connection of this thread."""
    try:
        work()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/me", "/people", "/conversations", "/sync", "/sync/wait"])
def test_a_signed_out_client_gets_401_and_a_code(path: str) -> None:
    answer = Client().get(f"/api{path}")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_two_people_chat_by_polling_alone() -> None:
    ann, bob = person(), person()
    of_ann, of_bob = client_of(ann), client_of(bob)
    made = post(of_ann, "/conversations", {"kind": "direct", "person": bob.pk}).json()
    cursor = of_bob.get("/api/sync").json()["cursor"]
    body = {"client_id": str(uuid4()), "text": "مرحبا"}
    ack = post(of_ann, f"/conversations/{made['id']}/messages", body)
    assert (ack.status_code, ack.json()["seq"]) == (200, 1)
    assert post(of_ann, f"/conversations/{made['id']}/messages", body).json()["duplicate"]
    (event,) = of_bob.get("/api/sync", {"cursor": cursor}).json()["events"]
    assert (event["type"], event["text"]) == ("message", "مرحبا")
    read = post(of_bob, f"/conversations/{made['id']}/read", {"upto": 1})
    assert read.status_code == 204
    typing = post(of_bob, f"/conversations/{made['id']}/typing", {"active": True})
    assert typing.status_code == 204
    watching = of_ann.get("/api/sync", {"watching": made["id"]}).json()["typing"]
    assert [notice["person"]["id"] for notice in watching] == [bob.pk]
    history = of_bob.get(f"/api/conversations/{made['id']}/messages").json()
    assert [message["text"] for message in history["messages"]] == ["مرحبا"]


def test_a_new_group_has_the_named_people_and_its_creator() -> None:
    ann, bob, carol = person(), person(), person()
    body = {"kind": "group", "title": "Plans", "members": [bob.pk, carol.pk, ann.pk]}
    state = post(client_of(ann), "/conversations", body).json()
    assert {member["id"] for member in state["members"]} == {ann.pk, bob.pk, carol.pk}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "not_json"),
        ({}, 422, "invalid"),
        ({"client_id": "x", "text": "hi"}, 422, "invalid"),
        ({"client_id": str(uuid4()), "text": "  "}, 422, "blank"),
        ({"client_id": str(uuid4()), "text": "hi", "html": True}, 422, "invalid"),
        ({"client_id": str(uuid4()), "text": "x" * 4001}, 413, "too_long"),
    ],
)
def test_a_bad_message_gets_a_status_and_a_stable_code(
    body: object, status: int, code: str
) -> None:
    ann, bob = person(), person()
    answer = post(client_of(ann), f"/conversations/{room(ann, bob)}/messages", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("messages", {"client_id": str(uuid4()), "text": "hi"}),
        ("typing", {"active": True}),
        ("read", {"upto": 1}),
    ],
)
def test_an_outsider_is_refused_on_every_action(path: str, body: object) -> None:
    ann, bob, eve = person(), person(), person()
    answer = post(client_of(eve), f"/conversations/{room(ann, bob)}/{path}", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_member")


def test_an_outsider_reads_no_history() -> None:
    ann, bob, eve = person(), person(), person()
    answer = client_of(eve).get(f"/api/conversations/{room(ann, bob)}/messages")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_member")


def test_a_form_is_not_json() -> None:
    ann, bob = person(), person()
    client = client_of(ann, enforce_csrf_checks=True)
    client.cookies["csrftoken"] = token = get_random_string(32)
    answer = client.post(
        f"/api/conversations/{room(ann, bob)}/messages",
        {"client_id": str(uuid4()), "text": "hi"},
        headers={"X-CSRFToken": token},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "not_json")


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[" * 50_000, b"9" * 5_000, b'"', b""])
def test_a_body_that_cannot_be_read_is_refused(body: bytes) -> None:
    ann, bob = person(), person()
    answer = client_of(ann).post(
        f"/api/conversations/{room(ann, bob)}/messages", body, content_type="application/json"
    )
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"not_json", "invalid"}


def test_a_lone_surrogate_is_refused_rather_than_stored() -> None:
    ann, bob = person(), person()
    body = json.dumps({"client_id": str(uuid4()), "text": "\ud800"})
    answer = post(client_of(ann), f"/conversations/{room(ann, bob)}/messages", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_a_body_that_is_too_big_is_refused(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    ann, bob = person(), person()
    body = {"client_id": str(uuid4()), "text": "x" * 2_000}
    answer = post(client_of(ann), f"/conversations/{room(ann, bob)}/messages", body)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_long")


@pytest.mark.parametrize("conversation", ["0", "-1", "x", "1.5", "9" * 30, "9" * 5_000])
def test_an_invalid_id_is_refused(conversation: str) -> None:
    answer = client_of(person()).get(f"/api/conversations/{conversation}/messages")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("path", ["/nowhere", "/conversations/1/nothing", "/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_address_is_not_found_in_json(path: str, method: str) -> None:
    answer = getattr(Client(enforce_csrf_checks=True), method)(f"/api{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("query", ["\x00", "a\x1bb", "x" * 151])
def test_an_invalid_query_for_people_is_refused(query: str) -> None:
    answer = client_of(person()).get("/api/people", {"q": query})
    assert answer.json()["code"] in {"control_characters", "too_long"}


@pytest.mark.parametrize("query", ["watching=9e9", "watching=x", "seconds=26", "seconds=-1"])
def test_a_wait_with_bad_parameters_is_refused(query: str) -> None:
    answer = client_of(person()).get(f"/api/sync/wait?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.django_db(transaction=True)
def test_watching_somebody_elses_conversation_shows_nothing() -> None:
    ann, bob, eve = person(), person(), person()
    conversation = room(ann, bob)
    post(client_of(bob), f"/conversations/{conversation}/typing", {"active": True})
    query = {"watching": conversation, "seconds": 0}
    assert client_of(eve).get("/api/sync/wait", query).json()["typing"] == []
    assert len(client_of(ann).get("/api/sync/wait", query).json()["typing"]) == 1


def test_marking_as_read_twice_stores_one_event() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    said(bob, conversation)
    for upto in (1, 2, 10**6):
        post(client_of(ann), f"/conversations/{conversation}/read", {"upto": upto})
    assert client_of(ann).get("/api/sync").json()["cursor"] == f"{conversation}.1.2"


@pytest.mark.parametrize("cursor", ["x", "1.1", "1.1.1,", "-1.1.1", "9" * 70_000])
def test_a_bad_cursor_is_refused(cursor: str) -> None:
    answer = client_of(person()).get("/api/sync", {"cursor": cursor})
    assert answer.json()["code"] in {"invalid", "too_long"}
    assert answer.status_code in {413, 422}


def test_writing_without_the_csrf_token_is_refused() -> None:
    ann, bob = person(), person()
    client = client_of(ann, enforce_csrf_checks=True)
    answer = post(client, "/conversations", {"kind": "direct", "person": bob.pk})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_client_id_of_another_conversation_is_a_conflict() -> None:
    ann, bob = person(), person()
    body = {"client_id": str(uuid4()), "text": "hi"}
    client = client_of(ann)
    post(client, f"/conversations/{room(ann, bob)}/messages", body)
    answer = post(client, f"/conversations/{room(ann, bob)}/messages", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "client_id_reused")


def test_a_client_id_of_another_message_is_a_conflict_and_its_repeat_is_acknowledged() -> None:
    ann, bob = person(), person()
    path = f"/conversations/{room(ann, bob)}/messages"
    body = {"client_id": str(uuid4()), "text": "first"}
    client = client_of(ann)
    first = post(client, path, body).json()
    answer = post(client, path, body | {"text": "second"})
    assert (answer.status_code, answer.json()["code"]) == (409, "client_id_reused")
    client.delete(f"/api{path.removesuffix('/messages')}/members/{ann.pk}")
    assert post(client, path, body | {"client_id": str(uuid4())}).status_code == 403
    assert post(client, path, body).json() == first | {"duplicate": True}


def test_a_direct_conversation_with_an_unknown_id_is_not_found() -> None:
    answer = post(client_of(person()), "/conversations", {"kind": "direct", "person": 10**9})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_failing_database_is_answered_with_503(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_args: object) -> None:
        raise OperationalError("database is locked")

    ann, bob = person(), person()
    conversation = room(ann, bob)
    monkeypatch.setattr(messages, "append_message", fail)
    body = {"client_id": str(uuid4()), "text": "hi"}
    answer = post(client_of(ann), f"/conversations/{conversation}/messages", body)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_an_idle_poll_makes_three_queries(django_assert_num_queries: Any) -> None:
    ann, bob = person(), person()
    room(ann, bob)
    client = client_of(ann)
    cursor = client.get("/api/sync").json()["cursor"]
    with django_assert_num_queries(3):  # session, user, heads
        client.get("/api/sync", {"cursor": cursor})


def test_the_page_needs_a_sign_in_and_then_shows_the_chat() -> None:
    assert Client().get("/").status_code == 302
    answer = client_of(person()).get("/")
    assert b'id="chat"' in answer.content
    assert "default-src 'self'" in answer["Content-Security-Policy"]


def test_signing_in_with_the_form_redirects_to_the_chat_only() -> None:
    person("ann", password="a good long one")
    form = {"username": "ann", "password": "a good long one"}
    assert Client().post("/accounts/login/", form).url == "/"  # type: ignore[attr-defined]
    elsewhere = Client().post("/accounts/login/", form | {"next": "https://evil.example/"})
    assert elsewhere.url == "/"  # type: ignore[attr-defined]
    wrong = Client().post("/accounts/login/", form | {"password": "wrong"})
    assert b"do not match" in wrong.content


def test_the_openapi_document_is_served() -> None:
    document = Client().get("/api/openapi.json").json()
    assert document == json.loads((ROOT / "docs/protocol/openapi.json").read_text())


def store_as_another_request(sender: User, conversation: int) -> None:
    said(sender, conversation)
    connection.close()


@pytest.mark.django_db(transaction=True)
async def test_a_long_poll_returns_as_soon_as_a_message_arrives() -> None:
    ann, bob = await sync_to_async(person)(), await sync_to_async(person)()
    conversation = await sync_to_async(room)(ann, bob)
    client = AsyncClient()
    await client.aforce_login(ann)
    cursor = (await client.get("/api/sync")).json()["cursor"]
    waiting = asyncio.create_task(
        client.get("/api/sync/wait", {"cursor": cursor, "seconds": "25"})  # type: ignore[arg-type]
    )
    await asyncio.sleep(0.4)
    assert not waiting.done()
    await sync_to_async(store_as_another_request, thread_sensitive=False)(bob, conversation)
    async with asyncio.timeout(20):
        changes = protocol.Changes.model_validate_json((await waiting).content)
    assert [event.seq for event in changes.events] == [1], changes


@pytest.mark.django_db(transaction=True)
async def test_a_long_poll_returns_as_soon_as_somebody_types() -> None:
    ann, bob = await sync_to_async(person)(), await sync_to_async(person)()
    conversation = await sync_to_async(room)(ann, bob)
    client = AsyncClient()
    await client.aforce_login(ann)
    cursor = (await client.get("/api/sync")).json()["cursor"]
    query = {"cursor": cursor, "watching": str(conversation), "seconds": "25"}
    waiting = asyncio.create_task(client.get("/api/sync/wait", query))  # type: ignore[arg-type]
    await asyncio.sleep(0.4)
    assert not waiting.done()
    typing = services.publish_typing
    await asyncio.to_thread(run_and_disconnect, lambda: typing(bob, conversation, active=True))
    changes = protocol.Changes.model_validate_json((await waiting).content)
    assert [notice.person.id for notice in changes.typing] == [bob.pk]


@pytest.mark.django_db(transaction=True)
def test_a_long_poll_returns_at_once_if_the_page_shows_other_typists() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    client = client_of(ann)
    cursor = client.get("/api/sync").json()["cursor"]
    services.publish_typing(bob, conversation, active=True)
    query = {"cursor": cursor, "watching": conversation, "seconds": 25, "typing": ""}
    start = time.monotonic()
    found = client.get("/api/sync/wait", query).json()["typing"]
    assert [notice["person"]["id"] for notice in found] == [bob.pk]
    assert time.monotonic() - start < 20, "the response was delayed"
    held = client.get("/api/sync/wait", query | {"typing": bob.pk, "seconds": 1})
    assert len(held.json()["typing"]) == 1
    bad = client.get("/api/sync/wait", query | {"typing": "x"})
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid")


@pytest.mark.django_db(transaction=True)
async def test_a_long_poll_that_is_behind_already_returns_at_once() -> None:
    client = AsyncClient()
    await client.aforce_login(await sync_to_async(person)())
    answer = await client.get("/api/sync/wait", {"cursor": "1.1.1"})  # type: ignore[arg-type]
    assert answer.json()["gone"] == [1]
