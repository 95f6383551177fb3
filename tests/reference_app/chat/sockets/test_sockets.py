"""The WebSocket from outside, on the channel layer of the migration write-up and a real Valkey."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator
from channels_redis.core import RedisChannelLayer
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat import services
from reference_app.chat.models import Membership
from reference_app.chat.queries import heads
from reference_app.chat.records.draft import Draft
from reference_app.chat.sockets.connections import connection_registries
from reference_app.chat.sockets.routing import sockets_for
from reference_app.chat.store import conversations, messages
from reference_app.runtime.environment import Fanout
from reference_app.serving.valkey import Valkey, embedded_valkey
from tests.builders import person, room, said

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("fanout", "valkey", "pages_are_closed"),
]
TIMEOUT = 15


class Page:
    """A user's WebSocket, and the frames that it receives."""

    opened: ClassVar[list[Page]] = []
    application: ClassVar[Any] = None

    def __init__(self, user: User, cookie: str, origin: str = "http://localhost") -> None:
        self.user = user
        self.socket = WebsocketCommunicator(
            self.application,
            "/ws/chat/",
            headers=[
                (b"origin", origin.encode()),
                (b"host", b"localhost"),
                (b"cookie", f"sessionid={cookie}".encode()),
            ],
        )

        self.opened.append(self)

    async def open(self) -> None:
        connected, _ = await self.socket.connect(TIMEOUT)
        assert connected
        assert (await self.next())["type"] == "welcome"

    async def send(self, **frame: Any) -> None:
        await self.socket.send_to(text_data=json.dumps(frame))

    async def next(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(await self.socket.receive_from(TIMEOUT))
        return frame

    async def closed(self) -> int:
        """Wait until the server closes the socket; return the code."""
        while (message := await self.socket.receive_output(TIMEOUT))["type"] != "websocket.close":
            pass
        code: int = message["code"]
        return code

    async def caught_up(self) -> str:
        """Do a first sync; return its cursor. Earlier frames have been received then."""
        await self.send(type="sync", cursor="")
        cursor: str = (await self.next_of("changes"))["cursor"]
        return cursor

    async def next_of(self, kind: str) -> dict[str, Any]:
        while (frame := await self.next())["type"] != kind:
            pass
        return frame


@pytest.fixture(params=Fanout)
def fanout(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Fanout:
    """Run each test with both kinds of fan-out: what users see does not depend on it."""
    chosen: Fanout = request.param
    monkeypatch.setattr(Page, "application", staticmethod(sockets_for(chosen)))
    return chosen


@pytest.fixture
def valkey(tmp_path: Path, settings: Any) -> Iterator[Valkey]:
    with embedded_valkey(tmp_path / "valkey.log") as server:
        settings.CHANNEL_LAYERS = {
            "default": {
                "BACKEND": "channels_redis.core.RedisChannelLayer",
                "CONFIG": {
                    "hosts": [{"address": server.url, "socket_timeout": 30}],
                    "capacity": 1500,
                    "expiry": 60,
                },
            }
        }
        channel_layers.backends.clear()
        yield server
        channel_layers.backends.clear()


@pytest.fixture
async def pages_are_closed(valkey: Valkey) -> AsyncIterator[None]:  # noqa: ARG001 - ends later
    yield
    while Page.opened:
        await Page.opened.pop().socket.disconnect()
    await connection_registries.get().close()


def page_of(user: User, **options: Any) -> Page:
    client = Client()
    client.force_login(user)
    return Page(user, client.cookies["sessionid"].value, **options)


class Chat:
    """Two people in a room, both with open sockets."""

    def __init__(self) -> None:
        self.ann, self.bob = page_of(person()), page_of(person())
        self.room = room(self.ann.user, self.bob.user)


@pytest.fixture
async def chat() -> Chat:
    made = await sync_to_async(Chat)()
    for page in (made.ann, made.bob):
        await page.open()
    return made


async def test_a_message_is_acknowledged_and_reaches_every_member(chat: Chat) -> None:
    client_id = str(uuid4())
    await chat.ann.send(type="send", conversation=chat.room, client_id=client_id, text="hi")
    assert (await chat.ann.next_of("ack"))["seq"] == 1
    event = await chat.bob.next_of("message")
    assert (event["client_id"], event["text"], event["seq"]) == (client_id, "hi", 1)


async def test_the_sender_gets_the_event_as_well_as_the_acknowledgement(chat: Chat) -> None:
    frame = {"conversation": chat.room, "client_id": str(uuid4()), "text": "hi"}
    await chat.ann.send(type="send", **frame)
    kinds = {(await chat.ann.next())["type"] for _ in range(2)}
    assert kinds == {"ack", "message"}


async def test_a_message_sent_again_is_acknowledged_again_and_published_once(chat: Chat) -> None:
    frame = {"conversation": chat.room, "client_id": str(uuid4()), "text": "hi"}
    for duplicate in (False, True):
        await chat.ann.send(type="send", **frame)
        assert (await chat.ann.next_of("ack"))["duplicate"] is duplicate
    await services.asend(Draft(chat.ann.user, chat.room, uuid4(), "the next"))
    assert [(await chat.bob.next_of("message"))["seq"] for _ in range(2)] == [1, 2]


async def test_a_message_that_was_never_published_is_published_by_its_repeat(chat: Chat) -> None:
    draft = Draft(chat.ann.user, chat.room, uuid4(), "hi")
    await sync_to_async(messages.append_message)(draft)
    frame = {"conversation": chat.room, "client_id": str(draft.client_id), "text": "hi"}
    await chat.ann.send(type="send", **frame)
    assert (await chat.ann.next_of("ack"))["duplicate"] is True
    assert (await chat.bob.next_of("message"))["text"] == "hi"


async def test_a_repeat_is_not_sent_to_a_socket_whose_sync_contains_it(chat: Chat) -> None:
    draft = Draft(chat.ann.user, chat.room, uuid4(), "hi")
    await services.asend(draft)
    await chat.bob.next_of("message")
    again = await sync_to_async(page_of)(chat.bob.user)
    await again.open()
    await services.asend(draft)
    await services.asend(Draft(chat.ann.user, chat.room, uuid4(), "the next"))
    for page in (again, chat.bob):
        assert (await page.next_of("message"))["text"] == "the next"


async def test_a_client_id_of_another_message_is_refused(chat: Chat) -> None:
    frame = {"type": "send", "conversation": chat.room, "client_id": str(uuid4())}
    await chat.ann.send(**frame, text="first")
    assert (await chat.ann.next_of("ack"))["seq"] == 1
    await chat.ann.send(**frame, text="second")
    failure = await chat.ann.next_of("error")
    assert (failure["code"], failure["client_id"]) == ("client_id_reused", frame["client_id"])


async def test_a_repeat_by_somebody_who_has_left_is_acknowledged(chat: Chat) -> None:
    frame = {"type": "send", "conversation": chat.room, "client_id": str(uuid4()), "text": "bye"}
    await chat.bob.send(**frame)
    first = await chat.bob.next_of("ack")
    await sync_to_async(services.remove_member)(chat.ann.user, chat.room, chat.bob.user.pk)
    await chat.bob.send(**frame)
    assert await chat.bob.next_of("ack") == first | {"duplicate": True}


async def test_a_read_marker_is_sent_to_every_member(chat: Chat) -> None:
    await services.asend(Draft(chat.bob.user, chat.room, uuid4(), "hi"))
    await chat.ann.send(type="read", conversation=chat.room, upto=1)
    for page in (chat.ann, chat.bob):
        event = await page.next_of("read")
        assert (event["actor"]["id"], event["upto"], event["seq"]) == (chat.ann.user.pk, 1, 2)


async def test_typing_is_sent_to_all_and_names_the_typist(
    chat: Chat,
) -> None:
    await chat.ann.send(type="typing", conversation=chat.room, active=True)
    for page in (chat.ann, chat.bob):
        notice = await page.next_of("typing")
        assert (notice["person"]["id"], notice["active"]) == (chat.ann.user.pk, True)


async def test_sync_on_the_socket_replays_what_was_missed(chat: Chat) -> None:
    await chat.ann.send(type="sync", cursor="")
    cursor = (await chat.ann.next_of("changes"))["cursor"]
    await sync_to_async(said)(chat.bob.user, chat.room, "missed")
    await chat.ann.send(type="sync", cursor=cursor)
    (event,) = (await chat.ann.next_of("changes"))["events"]
    assert event["text"] == "missed"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no JSON", "not_json"),
        ('{"type": "shout"}', "unknown_type"),
        ('{"type": "send"}', "invalid"),
        ('{"type": "typing", "conversation": 999, "active": true}', "not_a_member"),
        ('{"type": "read", "conversation": 999, "upto": 1}', "not_a_member"),
        ('{"type": "sync", "cursor": "%s"}' % ("1" * 70_000), "too_long"),
    ],
)
async def test_a_bad_frame_is_answered_and_the_socket_stays_open(
    chat: Chat, text: str, code: str
) -> None:
    await chat.ann.socket.send_to(text_data=text)
    assert (await chat.ann.next_of("error"))["code"] == code
    await chat.ann.send(type="sync", cursor="")
    assert (await chat.ann.next_of("changes"))["reset"]


async def test_a_binary_frame_that_is_no_text_is_refused_too(chat: Chat) -> None:
    await chat.ann.socket.send_to(bytes_data=b"\xff\xfe")
    assert (await chat.ann.next_of("error"))["code"] == "not_json"


async def test_a_refused_message_names_the_client_id(chat: Chat) -> None:
    client_id = str(uuid4())
    await chat.ann.send(type="send", conversation=10**9, client_id=client_id, text="hi")
    failure = await chat.ann.next_of("error")
    assert (failure["client_id"], failure["code"]) == (client_id, "not_a_member")


async def test_a_failing_database_is_reported_and_the_socket_stays_open(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(messages, "append_messages", fail)
        frame = {"conversation": chat.room, "client_id": str(uuid4()), "text": "hi"}
        await chat.ann.send(type="send", **frame)
        assert (await chat.ann.next_of("error"))["code"] == "unavailable"
    await chat.ann.send(type="send", **frame)
    assert (await chat.ann.next_of("ack"))["seq"] == 1


async def test_a_new_conversation_reaches_a_socket_that_is_open(chat: Chat) -> None:
    carol = await sync_to_async(person)()
    state = await sync_to_async(services.open_direct)(carol, chat.ann.user.pk)
    heads = await chat.ann.next_of("heads")
    assert state.id in protocol.parse_cursor(heads["cursor"])
    await services.asend(Draft(carol, state.id, uuid4(), "hello"))
    assert (await chat.ann.next_of("message"))["conversation"] == state.id


async def test_heads_are_sent_periodically(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEADS_EVERY", 0.05)
    chat = await sync_to_async(Chat)()
    await chat.ann.open()
    for _ in range(2):
        assert (await chat.ann.next_of("heads"))["cursor"] == f"{chat.room}.1.0"


@pytest.mark.parametrize("ending", ["signs out", "is deactivated", "changes the password"])
async def test_a_socket_whose_session_ended_is_closed(
    monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(protocol, "HEADS_EVERY", 0.05)
    chat = await sync_to_async(Chat)()
    await chat.ann.open()
    user = chat.ann.user
    match ending:
        case "signs out":
            await Session.objects.all().adelete()
        case "is deactivated":
            user.is_active = False
            await user.asave()
        case _:
            await sync_to_async(user.set_password)("another one entirely")
            await user.asave()
    assert await chat.ann.closed() == protocol.CLOSE_UNAUTHENTICATED


async def test_a_signed_out_socket_is_closed_as_unauthenticated() -> None:
    page = Page(await sync_to_async(person)(), cookie="")
    connected, _ = await page.socket.connect(TIMEOUT)
    assert connected  # a browser receives the close code of an accepted socket only
    assert await page.closed() == protocol.CLOSE_UNAUTHENTICATED


async def test_a_page_of_another_site_is_refused() -> None:
    user = await sync_to_async(person)()
    page = await sync_to_async(page_of)(user, origin="https://evil.example")
    connected, _ = await page.socket.connect(TIMEOUT)
    assert not connected


@pytest.mark.parametrize("origin", ["null", "http://localhost.evil.example", "file://", ""])
async def test_an_origin_that_is_not_the_sites_is_refused(origin: str) -> None:
    user = await sync_to_async(person)()
    page = await sync_to_async(page_of)(user, origin=origin)
    connected, _ = await page.socket.connect(TIMEOUT)
    assert not connected


async def test_without_redis_a_socket_is_asked_to_try_later(valkey: Valkey) -> None:
    chat = await sync_to_async(Chat)()
    await asyncio.to_thread(valkey.child.stop)
    connected, _ = await chat.ann.socket.connect(TIMEOUT)
    assert connected
    assert await chat.ann.closed() == protocol.CLOSE_TRY_LATER


async def test_when_redis_dies_a_socket_is_closed_or_goes_on_without_it(
    valkey: Valkey, fanout: Fanout
) -> None:
    chat = await sync_to_async(Chat)()
    before = asyncio.all_tasks()
    await chat.ann.open()
    await asyncio.to_thread(valkey.child.stop)
    if fanout is Fanout.PROCESS:
        await chat.ann.send(
            type="send", conversation=chat.room, client_id=str(uuid4()), text="still here"
        )
        assert (await chat.ann.next_of("message"))["seq"] == 1
        return
    assert await chat.ann.closed() == protocol.CLOSE_TRY_LATER
    await chat.ann.socket.wait(TIMEOUT)
    left = asyncio.all_tasks() - before
    assert [task.get_name() for task in left if "_send_heads" in repr(task)] == []


async def test_without_a_database_a_socket_is_asked_to_try_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_args: object) -> None:
        raise OperationalError("database is locked")

    chat = await sync_to_async(Chat)()
    monkeypatch.setattr(heads, "load_subscriptions", fail)
    connected, _ = await chat.ann.socket.connect(TIMEOUT)
    assert connected
    assert await chat.ann.closed() == protocol.CLOSE_TRY_LATER


async def test_a_database_that_fails_before_the_sign_in_is_known_closes_the_socket_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_args: object) -> None:
        raise OperationalError("the server closed the connection")

    chat = await sync_to_async(Chat)()
    monkeypatch.setattr("channels.auth._get_user_session_key", fail)
    monkeypatch.setattr("reference_app.chat.sockets.websocket.visitor", fail)
    connected, _ = await chat.ann.socket.connect(TIMEOUT)
    # If the session is checked after accepting, the close code gives the page the reason.
    assert not connected or await chat.ann.closed() == protocol.CLOSE_TRY_LATER


async def test_heads_go_on_after_the_database_failed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "HEADS_EVERY", 0.05)
    chat = await sync_to_async(Chat)()
    await chat.ann.open()
    failed = asyncio.Event()
    loop = asyncio.get_running_loop()

    def fail(*_args: object) -> None:
        loop.call_soon_threadsafe(failed.set)
        raise OperationalError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(heads, "load_subscriptions", fail)
        await asyncio.wait_for(failed.wait(), TIMEOUT)
    assert (await chat.ann.next_of("heads"))["cursor"] == f"{chat.room}.1.0"


async def test_heads_heal_a_membership_that_was_never_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "HEADS_EVERY", 0.05)
    chat = await sync_to_async(Chat)()
    await chat.ann.open()
    made = await sync_to_async(room)(chat.bob.user, chat.ann.user)
    while made not in protocol.parse_cursor((await chat.ann.next_of("heads"))["cursor"]):
        pass
    await services.asend(Draft(chat.bob.user, made, uuid4(), "hello"))
    assert (await chat.ann.next_of("message"))["conversation"] == made


async def test_a_former_member_receives_nothing_more_of_the_conversation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "HEADS_EVERY", 0.05)
    chat = await sync_to_async(Chat)()
    await chat.ann.open()
    await Membership.objects.filter(user=chat.ann.user).adelete()
    while (await chat.ann.next_of("heads"))["cursor"]:
        pass
    await services.asend(Draft(chat.bob.user, chat.room, uuid4(), "between us"))
    await chat.ann.send(type="typing", conversation=chat.room, active=True)
    kinds = []
    while (frame := await chat.ann.next())["type"] != "error":
        kinds.append(frame["type"])
    assert frame["code"] == "not_a_member"
    assert set(kinds) <= {"heads"}


async def test_a_sent_frame_is_acknowledged_though_redis_cannot_be_reached(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_args: object) -> None:
        raise ConnectionRefusedError("no Redis")

    monkeypatch.setattr(RedisChannelLayer, "group_send", fail)
    cursor = await chat.bob.caught_up()
    client_id = str(uuid4())
    await chat.ann.send(type="send", conversation=chat.room, client_id=client_id, text="hi")
    assert (await chat.ann.next_of("ack"))["seq"] == 1
    await chat.bob.send(type="sync", cursor=cursor)
    assert [event["seq"] for event in (await chat.bob.next_of("changes"))["events"]] == [1]


async def test_a_message_is_stored_though_redis_is_gone(valkey: Valkey) -> None:
    ann, bob = await sync_to_async(person)(), await sync_to_async(person)()
    conversation = await sync_to_async(room)(ann, bob)
    await asyncio.to_thread(valkey.child.stop)
    ack = await services.asend(Draft(ann, conversation, uuid4(), "safe"))
    assert ack.seq == 1


async def test_an_unknown_address_is_refused_without_a_traceback() -> None:
    socket = WebsocketCommunicator(
        Page.application,
        "/ws/elsewhere/",
        headers=[(b"origin", b"http://localhost"), (b"host", b"localhost")],
    )
    connected, _ = await socket.connect(TIMEOUT)
    assert not connected


async def test_changes_of_a_group_are_sent_to_every_member(chat: Chat) -> None:
    carol = await sync_to_async(person)()
    await sync_to_async(services.rename_group)(chat.ann.user, chat.room, "Plans")
    await sync_to_async(services.add_members)(chat.bob.user, chat.room, [carol.pk])
    await sync_to_async(services.hand_over_group)(chat.ann.user, chat.room, chat.bob.user.pk)
    for page in (chat.ann, chat.bob):
        assert (await page.next_of("renamed"))["title"] == "Plans"
        assert (await page.next_of("joined"))["person"]["id"] == carol.pk
        assert (await page.next_of("owner"))["person"]["id"] == chat.bob.user.pk


async def test_a_new_member_receives_the_group_at_once(chat: Chat) -> None:
    carol = await sync_to_async(lambda: page_of(person()))()
    await carol.open()
    await sync_to_async(services.add_members)(chat.ann.user, chat.room, [carol.user.pk])
    heads = await carol.next_of("heads")
    assert chat.room in protocol.parse_cursor(heads["cursor"])
    await services.asend(Draft(chat.ann.user, chat.room, uuid4(), "welcome"))
    assert (await carol.next_of("message"))["text"] == "welcome"


async def test_a_removed_member_receives_the_removal_and_nothing_more(chat: Chat) -> None:
    await sync_to_async(services.remove_member)(chat.ann.user, chat.room, chat.bob.user.pk)
    left = await chat.bob.next_of("left")
    assert (left["actor"]["id"], left["person"]["id"]) == (chat.ann.user.pk, chat.bob.user.pk)
    while (await chat.bob.next_of("heads"))["cursor"]:
        pass
    await services.asend(Draft(chat.ann.user, chat.room, uuid4(), "between us"))
    assert await chat.bob.caught_up() == ""
    assert (await chat.ann.next_of("message"))["text"] == "between us"


class Blocked(Chat):
    """The same two, in a room and in a direct conversation; ann blocks bob."""

    def __init__(self) -> None:
        super().__init__()
        self.direct = conversations.direct_conversation(self.ann.user, self.bob.user.pk).id
        said(self.bob.user, self.direct, "before")


@pytest.fixture
async def blocked() -> Blocked:
    made = await sync_to_async(Blocked)()
    for page in (made.ann, made.bob):
        await page.open()
    await sync_to_async(services.block)(made.ann.user, made.bob.user.pk)
    # Both sockets have refreshed their subscriptions.
    for page in (made.ann, made.bob):
        await page.next_of("heads")
    return made


async def test_a_message_of_a_blocked_person_is_sent_to_its_sender_only(blocked: Blocked) -> None:
    client_id = str(uuid4())
    frame = {"conversation": blocked.direct, "client_id": client_id, "text": "unheard"}
    await blocked.bob.send(type="send", **frame)
    kinds = {(await blocked.bob.next())["type"] for _ in range(2)}
    assert kinds == {"ack", "message"}, "as for any other message"
    await blocked.ann.send(type="send", conversation=blocked.room, **_message("to all"))
    assert (await blocked.ann.next_of("message"))["text"] == "to all"


async def test_neither_sees_the_other_type_anywhere(blocked: Blocked) -> None:
    ann, bob = blocked.ann, blocked.bob
    for typist, other in ((ann, bob), (bob, ann)):
        await typist.send(type="typing", conversation=blocked.room, active=True)
        assert (await typist.next_of("typing"))["person"]["id"] == typist.user.pk
        await typist.send(type="send", conversation=blocked.room, **_message("done"))
        kinds = []
        while (frame := await other.next())["type"] != "message":
            kinds.append(frame["type"])
        assert "typing" not in kinds


async def test_the_blocker_cannot_type_or_write_in_the_blocked_conversation(
    blocked: Blocked,
) -> None:
    await blocked.ann.send(type="typing", conversation=blocked.direct, active=True)
    assert (await blocked.ann.next_of("error"))["code"] == "not_a_member"
    await blocked.ann.send(type="send", conversation=blocked.direct, **_message("hm"))
    assert (await blocked.ann.next_of("error"))["code"] == "blocked"


async def test_after_unblocking_messages_are_received_again(blocked: Blocked) -> None:
    await sync_to_async(services.unblock)(blocked.ann.user, blocked.bob.user.pk)
    await blocked.ann.next_of("heads")
    await blocked.bob.send(type="send", conversation=blocked.direct, **_message("again"))
    event = await blocked.ann.next_of("message")
    assert (event["conversation"], event["text"]) == (blocked.direct, "again")


async def test_a_quote_of_a_withheld_message_is_sent_to_its_sender_only(blocked: Blocked) -> None:
    withheld = await sync_to_async(said)(blocked.bob.user, blocked.direct, "unheard")
    await sync_to_async(services.unblock)(blocked.ann.user, blocked.bob.user.pk)
    for page in (blocked.ann, blocked.bob):
        await page.next_of("heads")
    cursor = await blocked.ann.caught_up()
    frame = {"conversation": blocked.direct, "reply_to": withheld.event.id, **_message("see above")}
    await blocked.bob.send(type="send", **frame)
    assert (await blocked.bob.next_of("message"))["reply_to"]["text"] == "unheard"
    # Ann's page receives heads at once, and its sync contains what she may see.
    assert (await blocked.ann.next())["type"] == "heads"
    await blocked.ann.send(type="sync", cursor=cursor)
    (event,) = (await blocked.ann.next_of("changes"))["events"]
    assert (event["text"], event["reply_to"]) == ("see above", None)


async def test_an_edit_of_a_withheld_message_is_sent_to_its_sender_only(blocked: Blocked) -> None:
    withheld = await sync_to_async(said)(blocked.bob.user, blocked.direct, "unheard")
    await sync_to_async(services.unblock)(blocked.ann.user, blocked.bob.user.pk)
    for page in (blocked.ann, blocked.bob):
        await page.next_of("heads")
    about = (blocked.bob.user, blocked.direct, withheld.event.id)
    await sync_to_async(services.edit_message)(*about, "unheard again")
    assert (await blocked.bob.next_of("edited"))["text"] == "unheard again"
    await services.asend(Draft(blocked.bob.user, blocked.direct, uuid4(), "heard"))
    assert (await blocked.ann.next_of("message"))["text"] == "heard"


async def test_clearing_a_conversation_updates_all_pages_of_the_user(
    chat: Chat,
) -> None:
    other = await sync_to_async(page_of)(chat.ann.user)
    await other.open()
    await sync_to_async(services.clear_conversation)(chat.ann.user, chat.room)
    for page in (chat.ann, other):
        assert (await page.next_of("heads"))["cursor"] == f"{chat.room}.1.0.1"


async def test_a_device_that_is_signed_out_from_another_is_closed_at_once() -> None:
    user = await sync_to_async(person)()
    here, there = Client(), Client()
    for client in (here, there):
        await sync_to_async(client.force_login)(user)
    pages = [Page(user, client.cookies["sessionid"].value) for client in (here, there)]
    for page in pages:
        await page.open()
    answer = await sync_to_async(here.delete)("/api/me/devices")
    assert answer.status_code == 204
    assert await pages[1].closed() == protocol.CLOSE_UNAUTHENTICATED
    assert await pages[0].caught_up() == ""


async def test_later_messages_have_the_changed_name(chat: Chat) -> None:
    client = Client()
    await sync_to_async(client.force_login)(chat.ann.user)
    profile = {"name": "Anna", "about": ""}
    answer = await sync_to_async(client.put)(
        "/api/me/profile", json.dumps(profile), content_type="application/json"
    )
    assert answer.status_code == 200
    await chat.ann.next_of("heads")
    await chat.ann.send(type="send", conversation=chat.room, **_message("still me"))
    assert (await chat.bob.next_of("message"))["actor"]["name"] == "Anna"


def _message(text: str) -> dict[str, str]:
    return {"client_id": str(uuid4()), "text": text}
