"""Storing messages: sequence numbers, duplicates, read markers, and concurrent writers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from django.db import OperationalError, connection

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.models import Conversation, Event, Message
from reference_app.chat.records.draft import Draft
from reference_app.chat.store import (
    blocks,
    conversations,
    groups,
    message_changes,
    messages,
    read_markers,
)
from reference_app.protocol import ErrorCode, Refused
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db
T = TypeVar("T")


def at_once(work: list[Callable[[], T]]) -> list[T]:
    """Call the functions concurrently, in threads; return their results."""

    def run(one: Callable[[], T]) -> T:
        try:
            return one()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=8) as threads:
        return list(threads.map(run, work))


def refusal_of(work: Callable[[], object]) -> ErrorCode:
    with pytest.raises(Refused) as caught:
        work()
    return caught.value.code


def test_the_first_message_has_seq_1_and_the_next_one_more() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    assert [said(ann, conversation).ack.seq, said(bob, conversation).ack.seq] == [1, 2]


def test_sending_again_returns_the_first_acknowledgement_and_the_same_event() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    draft = Draft(ann, conversation, uuid4(), "@" + bob.username)
    first = messages.append_message(draft)
    again = messages.append_message(draft)
    assert again.event == first.event
    assert again.event.mentions == (bob.pk,)
    assert again.ack == first.ack.model_copy(update={"duplicate": True})
    assert Message.objects.count() == Event.objects.count() == 1


def test_a_repeat_in_the_same_batch_is_stored_once() -> None:
    ann, bob = person(), person()
    draft = Draft(ann, room(ann, bob), uuid4(), "hello @" + bob.username)
    first, again = messages.append_messages([draft, draft])
    assert isinstance(first, messages.StoredMessage)
    assert isinstance(again, messages.StoredMessage)
    assert (first.ack.duplicate, again.ack.duplicate) == (False, True)
    assert (again.ack.seq, again.event) == (first.ack.seq, first.event)


def test_a_repeat_shows_the_message_as_it_is_now() -> None:
    ann, bob = person(), person()
    draft = Draft(ann, room(ann, bob), uuid4(), "before")
    stored = messages.append_message(draft)
    message_changes.edit_message(ann, draft.conversation, stored.event.id, "after")
    assert messages.append_message(draft).event.text == "after"
    message_changes.remove_message(ann, draft.conversation, stored.event.id)
    again = messages.append_message(draft)
    assert (again.ack.duplicate, again.event.text, again.event.removed) == (True, "", True)


@pytest.mark.parametrize("others", [0, 1])
def test_a_repeat_by_somebody_who_has_been_removed_is_acknowledged(others: int) -> None:
    ann, bob, carol = person(), person(), person()
    conversation = room(ann, bob, carol)
    draft = Draft(bob, conversation, uuid4(), "before I went")
    first = messages.append_message(draft)
    groups.remove(ann, conversation, bob.pk)
    drafts = [draft, *[Draft(ann, conversation, uuid4(), "in the same batch")] * others]
    again, *stored = messages.append_messages(drafts)
    assert isinstance(again, messages.StoredMessage)
    assert again.ack == first.ack.model_copy(update={"duplicate": True})
    assert all(isinstance(one, messages.StoredMessage) for one in stored)
    assert refusal_of(lambda: said(bob, conversation)) is ErrorCode.NOT_A_MEMBER
    reused = replace(draft, text="what I forgot")
    assert refusal_of(lambda: messages.append_message(reused)) is ErrorCode.CLIENT_ID_REUSED


def test_a_repeat_by_somebody_who_has_blocked_the_other_is_acknowledged() -> None:
    ann, bob = person(), person()
    direct = conversations.direct_conversation(ann, bob.pk).id
    draft = Draft(ann, direct, uuid4(), "before the block")
    messages.append_message(draft)
    blocks.block(ann, bob.pk)
    assert messages.append_message(draft).ack.duplicate
    assert refusal_of(lambda: said(ann, direct)) is ErrorCode.BLOCKED


@pytest.mark.parametrize("change", ["text", "reply_to", "files", "conversation"])
@pytest.mark.parametrize("edited", [False, True])
def test_a_client_id_of_another_message_is_refused(change: str, edited: bool) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    answered = said(bob, conversation).event.id
    draft = Draft(ann, conversation, uuid4(), "first", answered)
    stored = messages.append_message(draft)
    if edited:
        message_changes.edit_message(ann, conversation, stored.event.id, "second")
    changed: dict[str, Any] = {
        "text": "second",
        "reply_to": None,
        "files": (1,),
        "conversation": room(ann, bob),
    }
    other = replace(draft, **{change: changed[change]})
    assert refusal_of(lambda: messages.append_message(other)) is ErrorCode.CLIENT_ID_REUSED
    assert messages.append_message(draft).ack.duplicate, "the first one is still acknowledged"
    both = messages.append_messages([replace(one, client_id=uuid4()) for one in (draft,)] + [other])
    assert isinstance(both[0], messages.StoredMessage)
    assert isinstance(both[1], Refused)


def test_a_client_id_is_not_reused_within_a_batch() -> None:
    ann, bob = person(), person()
    draft = Draft(ann, room(ann, bob), uuid4(), "first")
    stored, refused = messages.append_messages([draft, replace(draft, text="second")])
    assert isinstance(stored, messages.StoredMessage)
    assert isinstance(refused, Refused)
    assert refused.code is ErrorCode.CLIENT_ID_REUSED
    assert stored.event.text == Message.objects.get().text == "first"


def test_a_message_of_an_older_release_is_recognized_by_its_client_id_alone() -> None:
    ann, bob = person(), person()
    draft = Draft(ann, room(ann, bob), uuid4(), "hello")
    messages.append_message(draft)
    Message.objects.update(draft_digest="")
    assert messages.append_message(draft).ack.duplicate


def test_two_people_may_make_the_same_client_id() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    client_id = uuid4()
    messages.append_message(Draft(ann, conversation, client_id, "mine"))
    assert not messages.append_message(
        Draft(bob, conversation, client_id, "mine too")
    ).ack.duplicate


def test_a_client_id_of_another_conversation_is_refused() -> None:
    ann, bob = person(), person()
    here, there = room(ann, bob), room(ann, bob)
    client_id = uuid4()
    messages.append_message(Draft(ann, here, client_id, "here"))
    code = refusal_of(lambda: messages.append_message(Draft(ann, there, client_id, "there")))
    assert code is ErrorCode.CLIENT_ID_REUSED
    assert Conversation.objects.get(pk=there).last_seq == 0


@pytest.mark.parametrize("exists", [True, False])
def test_an_outsider_is_refused_alike_whether_the_conversation_exists_or_not(exists: bool) -> None:
    ann, bob, eve = person(), person(), person()
    conversation = room(ann, bob) if exists else 10**9
    assert refusal_of(lambda: said(eve, conversation)) is ErrorCode.NOT_A_MEMBER
    assert (
        refusal_of(lambda: read_markers.append_read(eve, conversation, 1)) is ErrorCode.NOT_A_MEMBER
    )


def test_a_read_marker_moves_forward_only_and_not_beyond_the_last_event() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    said(ann, conversation)
    said(ann, conversation)
    event = read_markers.append_read(bob, conversation, 99)
    assert isinstance(event, protocol.ReadEvent)
    assert (event.upto, event.seq) == (2, 3)
    assert read_markers.append_read(bob, conversation, 1) is None


def test_a_direct_conversation_needs_another_person_who_exists() -> None:
    ann = person()
    assert refusal_of(lambda: conversations.direct_conversation(ann, ann.pk)) is ErrorCode.INVALID
    assert refusal_of(lambda: conversations.direct_conversation(ann, 10**9)) is ErrorCode.NOT_FOUND


@pytest.mark.django_db(transaction=True)
def test_messages_sent_at_once_get_every_seq_once() -> None:
    members = [person() for _ in range(4)]
    conversation = room(*members)
    stored = at_once(
        [lambda sender=sender: said(sender, conversation) for sender in members * 10]  # type: ignore[misc]
    )
    assert sorted(one.ack.seq for one in stored) == list(range(1, 41))
    assert Conversation.objects.get(pk=conversation).last_seq == 40


@pytest.mark.django_db(transaction=True)
def test_the_same_message_sent_at_once_is_stored_once() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    client_id = uuid4()
    stored = at_once(
        [lambda: messages.append_message(Draft(ann, conversation, client_id, "one"))] * 16
    )
    assert {one.ack.seq for one in stored} == {1}
    assert sum(not one.ack.duplicate for one in stored) == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_who_open_it_at_once_share_one_direct_conversation() -> None:
    ann, bob = person(), person()
    work: list[tuple[User, User]] = [(ann, bob), (bob, ann)] * 4
    made = at_once([partial(conversations.direct_conversation, a, b.pk) for a, b in work])
    assert len({one.id for one in made}) == 1
    assert Conversation.objects.get().memberships.count() == 2


WRITER = """
import sys, uuid, django
django.setup()
from reference_app.accounts.models import User
from reference_app.chat.records.draft import Draft
from reference_app.chat.store import messages
user = User.objects.get(pk=int(sys.argv[1]))
for _ in range(int(sys.argv[3])):
    draft = Draft(user, int(sys.argv[2]), uuid.uuid4(), "hello")
    print(messages.append_message(draft).ack.seq)
"""


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_processes_that_write_at_once_share_the_seqs_without_a_gap() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(writer.pk), str(conversation), "25"],
            env=os.environ | {"DATABASE_URL": url_of(connection.settings_dict)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for writer in (ann, bob)
    ]
    seqs = [int(line) for writer in writers for line in writer.communicate()[0].split()]
    assert sorted(seqs) == list(range(1, 51))
    stored = Event.objects.filter(conversation=conversation).order_by("seq")
    assert list(stored.values_list("seq", flat=True)) == sorted(seqs)


def url_of(database: dict[str, Any]) -> str:
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    user, host, port = database["USER"], database["HOST"], database["PORT"]
    return f"postgresql://{user}@{host}:{port}/{database['NAME']}"


@pytest.mark.django_db(transaction=True)
def test_one_client_id_sent_to_two_conversations_at_once_is_stored_in_one() -> None:
    ann, bob = person(), person()
    rooms = [room(ann, bob) for _ in range(8)]
    client_id = uuid4()

    def attempt(where: int) -> int | ErrorCode:
        try:
            return messages.append_message(Draft(ann, where, client_id, "one")).ack.conversation
        except Refused as refused:
            return refused.code

    outcomes = at_once([lambda where=where: attempt(where) for where in rooms])  # type: ignore[misc]
    assert Message.objects.count() == Event.objects.count() == 1
    stored = Message.objects.get().conversation_id
    assert [one for one in outcomes if one != ErrorCode.CLIENT_ID_REUSED] == [stored]
    assert sum(Conversation.objects.values_list("last_seq", flat=True)) == 1


def test_a_read_marker_does_not_move_for_the_event_of_another_marker() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    said(ann, conversation)
    assert read_markers.append_read(bob, conversation, 1)
    assert read_markers.append_read(bob, conversation, 2) is None
    assert read_markers.append_read(ann, conversation, 2)
    assert Conversation.objects.get(pk=conversation).last_seq == 3


def test_a_failure_half_way_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)

    def fail(*_args: object, **_fields: object) -> None:
        raise OperationalError("disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(Event.objects, "bulk_create", fail)
        with pytest.raises(OperationalError):
            said(ann, conversation)
    assert (Message.objects.count(), Conversation.objects.get().last_seq) == (0, 0)
    assert said(ann, conversation).ack.seq == 1
