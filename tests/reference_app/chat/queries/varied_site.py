"""A small site whose people see different parts of the same conversations."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from reference_app.accounts.models import User
from reference_app.chat.models import File, Message
from reference_app.chat.records.draft import Draft
from reference_app.chat.store import (
    blocks,
    conversations,
    groups,
    message_changes,
    messages,
    read_markers,
)
from tests.builders import person, room, said


@dataclass(frozen=True)
class Site:
    """People, their conversations and the messages of these."""

    people: list[User]
    conversations: list[int]
    messages: list[int]

    @property
    def person_ids(self) -> list[int]:
        return [one.pk for one in self.people]


def reply_id(sender: User, conversation: int, text: str, to: int) -> int:
    event = messages.append_message(Draft(sender, conversation, uuid4(), text, to)).event
    return event.id


def message_id(sender: User, conversation: int, text: str) -> int:
    event = said(sender, conversation, text).event
    return event.id


def varied_site() -> Site:
    """Create all that a state shows: mentions, replies, files, blocks, removed messages ..."""
    ann, bob = person("ann", display_name="Ann"), person("bob", first_name="Bob")
    cem, dan = person("cem", first_name="Cem", last_name="Can"), person("dan", last_name="Day")
    people = [ann, bob, cem, dan, person("eve")]
    busy, read, cleared, quiet = (room(*people) for _ in range(4))
    first = message_id(ann, busy, "hello @bob and @cem")
    message_id(bob, busy, "hello @ann")
    message_changes.edit_message(
        ann, busy, message_id(ann, busy, "helo @dan"), "hello @dan and @eve"
    )
    message_changes.remove_message(ann, busy, message_id(ann, busy, "not for @bob"))
    last = reply_id(cem, busy, "yes, @ann", first)
    for reader in people:
        message_changes.react(reader, busy, last, "👍", on=True)
    message_changes.react(bob, busy, last, "🎉", on=True)
    File.objects.create(
        conversation_id=busy,
        message_id=last,
        uploader=cem,
        name="picture.png",
        media_type="image/png",
        size=10,
        width=1,
        height=2,
        stored_as=uuid4().hex,
    )
    for reader in people:
        message_id(bob, read, f"hello @{reader.username}")
    for reader in people:
        read_markers.append_read(reader, read, 100)
    message_id(bob, cleared, "before @ann")
    groups.clear(ann, cleared)
    message_id(bob, cleared, "after @ann")
    direct = [conversations.direct_conversation(ann, one.pk).id for one in (bob, cem)]
    said(ann, direct[0], "seen")
    said(bob, direct[0], "unread")
    blocks.block(ann, bob.pk)
    said(bob, direct[0], "withheld")
    blocks.block(dan, ann.pk)
    direct.append(conversations.direct_conversation(ann, dan.pk).id)
    said(ann, direct[2], "never shown")
    groups.leave(people[4], quiet)
    return Site(
        people,
        [busy, read, cleared, quiet, *direct],
        list(Message.objects.order_by("pk").values_list("pk", flat=True)),
    )
