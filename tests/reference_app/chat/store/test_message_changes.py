"""Changes of messages: editing, removing, replying, reacting, mentioning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.models import Event, Membership, Mention, Message, Reaction
from reference_app.chat.queries.conversations import load_state
from reference_app.chat.queries.history import load_history
from reference_app.chat.queries.sync import load_changes
from reference_app.chat.records.draft import Draft
from reference_app.chat.store import conversations, message_changes, messages, read_markers
from reference_app.protocol import ErrorCode, Refused
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db

EMOJI = [chr(0x1F600 + number) for number in range(protocol.MAX_EMOJI + 1)]


def refusal_of(work: Callable[[], object]) -> ErrorCode:
    with pytest.raises(Refused) as caught:
        work()
    return caught.value.code


def message_of(sender: User, conversation: int, text: str = "hello") -> protocol.MessageEvent:
    return said(sender, conversation, text).event


def changed(change: message_changes.StoredChange | None) -> protocol.Event:
    assert change
    return change.event


def answer(sender: User, conversation: int, to: int, text: str = "yes") -> protocol.MessageEvent:
    return messages.append_message(Draft(sender, conversation, uuid4(), text, to)).event


def shown(reader: User, conversation: int) -> list[protocol.MessageEvent]:
    return load_history(reader, conversation, None).messages


def test_an_edited_message_has_the_new_text_and_the_time_of_the_edit() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = message_of(ann, conversation, "helo")
    event = changed(message_changes.edit_message(ann, conversation, message.id, "hello"))
    assert isinstance(event, protocol.EditedEvent)
    assert (event.seq, event.message, event.message_seq, event.text) == (2, message.id, 1, "hello")
    (read,) = shown(bob, conversation)
    assert (read.text, read.edited_at, read.at) == ("hello", event.at, message.at)


def test_an_edit_that_changes_nothing_makes_no_event() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = message_of(ann, conversation)
    assert message_changes.edit_message(ann, conversation, message.id, "hello") is None
    assert shown(bob, conversation) == [message]


def test_a_removed_message_keeps_its_place_and_nothing_of_its_content() -> None:
    ann, bob = person("ann"), person("bob")
    conversation = room(ann, bob)
    first = message_of(bob, conversation)
    message = answer(ann, conversation, first.id, "for @bob only")
    message_changes.react(bob, conversation, message.id, "👍", on=True)
    message_changes.edit_message(ann, conversation, message.id, "for @bob alone")
    event = changed(message_changes.remove_message(ann, conversation, message.id))
    assert isinstance(event, protocol.RemovedEvent)
    assert (event.message, event.message_seq, event.seq) == (message.id, 2, 5)
    assert message_changes.remove_message(ann, conversation, message.id) is None
    stored = Message.objects.get(pk=message.id)
    assert (stored.text, stored.reply_to, stored.edited_at) == ("", None, None)
    assert not Mention.objects.exists()
    assert not Reaction.objects.exists()
    read = shown(bob, conversation)[1]
    assert (read.removed, read.text, read.reply_to, read.mentions, read.reactions) == (
        *(True, "", None),
        *((), ()),
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda user, where, which: message_changes.edit_message(user, where, which, "mine now"),
        message_changes.remove_message,
    ],
)
def test_messages_of_others_cannot_be_edited_or_removed(
    change: Callable[[User, int, int], object],
) -> None:
    ann, bob, eve = person(), person(), person()
    conversation = room(ann, bob)
    message = message_of(ann, conversation)
    assert refusal_of(lambda: change(bob, conversation, message.id)) is ErrorCode.FORBIDDEN
    assert refusal_of(lambda: change(eve, conversation, message.id)) is ErrorCode.NOT_A_MEMBER
    assert shown(bob, conversation) == [message]


def test_a_former_member_cannot_edit_their_messages() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = message_of(bob, conversation)
    Membership.objects.filter(user=bob).delete()
    code = refusal_of(lambda: message_changes.edit_message(bob, conversation, message.id, "hm"))
    assert code is ErrorCode.NOT_A_MEMBER


def test_a_message_of_another_conversation_cannot_be_reached_through_the_users_own() -> None:
    ann, bob, eve = person(), person(), person()
    theirs, mine = room(ann, bob), room(eve, ann)
    message = message_of(ann, theirs)
    for change in (
        lambda: message_changes.edit_message(ann, mine, message.id, "hm"),
        lambda: message_changes.remove_message(ann, mine, message.id),
        lambda: message_changes.react(eve, mine, message.id, "👍", on=True),
        lambda: answer(eve, mine, message.id),
        lambda: answer(eve, mine, 10**9),
    ):
        assert refusal_of(change) is ErrorCode.NOT_FOUND
    assert shown(ann, mine) == []


def test_a_removed_message_is_not_edited_nor_reacted_to() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = message_of(ann, conversation)
    message_changes.remove_message(ann, conversation, message.id)
    for change in (
        lambda: message_changes.edit_message(ann, conversation, message.id, "back"),
        lambda: message_changes.react(bob, conversation, message.id, "👍", on=True),
    ):
        assert refusal_of(change) is ErrorCode.NOT_FOUND


def test_a_reply_quotes_the_current_text_of_the_message() -> None:
    ann, bob = person(), person(display_name="Bob")
    conversation = room(ann, bob)
    first = message_of(bob, conversation, "x" * 1000)
    reply = answer(ann, conversation, first.id)
    assert reply.reply_to == protocol.Quote(
        id=first.id,
        seq=first.seq,
        person=bob.as_person(),
        text="x" * protocol.MAX_EXCERPT,
        removed=False,
    )
    assert shown(bob, conversation)[1] == reply
    message_changes.edit_message(bob, conversation, first.id, "short")
    quoted = shown(ann, conversation)[1].reply_to
    assert quoted
    assert (quoted.text, quoted.removed) == ("short", False)
    message_changes.remove_message(bob, conversation, first.id)
    quoted = shown(ann, conversation)[1].reply_to
    assert quoted
    assert (quoted.text, quoted.removed) == ("", True)


def test_a_reply_to_a_removed_message_is_stored() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    first = message_of(bob, conversation)
    message_changes.remove_message(bob, conversation, first.id)
    reply = answer(ann, conversation, first.id)
    assert reply.reply_to
    assert reply.reply_to.removed


def test_one_refused_reply_does_not_affect_the_messages_stored_with_it() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    good, bad, better = messages.append_messages(
        [
            Draft(ann, conversation, uuid4(), "one"),
            Draft(ann, conversation, uuid4(), "two", 10**9),
            Draft(bob, conversation, uuid4(), "three"),
        ]
    )
    assert isinstance(bad, Refused)
    assert bad.code is ErrorCode.NOT_FOUND
    assert isinstance(good, messages.StoredMessage)
    assert isinstance(better, messages.StoredMessage)
    assert (good.ack.seq, better.ack.seq) == (1, 2)


def test_a_reply_sent_again_is_acknowledged_again() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    first, client_id = message_of(bob, conversation), uuid4()
    once = messages.append_message(Draft(ann, conversation, client_id, "yes", first.id))
    again = messages.append_message(Draft(ann, conversation, client_id, "yes", first.id))
    assert again.ack == once.ack.model_copy(update={"duplicate": True})


def test_reactions_are_counted_named_and_kept_in_the_order_in_which_they_came() -> None:
    ann, bob, carol = person(), person(), person()
    conversation = room(ann, bob, carol)
    message = message_of(ann, conversation)
    message_changes.react(bob, conversation, message.id, "🎉", on=True)
    message_changes.react(carol, conversation, message.id, "👍", on=True)
    event = changed(message_changes.react(ann, conversation, message.id, "🎉", on=True))
    assert isinstance(event, protocol.ReactedEvent)
    assert event.reactions == (
        protocol.Reaction(emoji="🎉", count=2, people=(bob.pk, ann.pk)),
        protocol.Reaction(emoji="👍", count=1, people=(carol.pk,)),
    )
    assert shown(bob, conversation)[0].reactions == event.reactions


def test_a_repeated_reaction_and_the_removal_of_a_missing_one_change_nothing() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = message_of(ann, conversation)
    assert message_changes.react(bob, conversation, message.id, "👍", on=False) is None
    assert message_changes.react(bob, conversation, message.id, "👍", on=True)
    assert message_changes.react(bob, conversation, message.id, "👍", on=True) is None
    event = changed(message_changes.react(bob, conversation, message.id, "👍", on=False))
    assert isinstance(event, protocol.ReactedEvent)
    assert event.reactions == ()


def test_an_outsider_cannot_react() -> None:
    ann, bob, eve = person(), person(), person()
    conversation = room(ann, bob)
    message = message_of(ann, conversation)
    for on in (True, False):
        code = refusal_of(
            lambda on=on: message_changes.react(eve, conversation, message.id, "👍", on=on)
        )  # type: ignore[misc]
        assert code is ErrorCode.NOT_A_MEMBER


def test_the_number_of_different_emoji_of_a_message_is_limited() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = message_of(ann, conversation)
    *fitting, beyond = EMOJI
    for emoji in fitting:
        message_changes.react(ann, conversation, message.id, emoji, on=True)
    code = refusal_of(lambda: message_changes.react(bob, conversation, message.id, beyond, on=True))
    assert code is ErrorCode.TOO_MANY
    assert message_changes.react(bob, conversation, message.id, fitting[-1], on=True)


def test_of_many_reactions_the_first_are_named_and_the_reader_always() -> None:
    first, *others = members = [person() for _ in range(protocol.NAMED_REACTIONS + 3)]
    conversation = room(*members)
    message = message_of(first, conversation)
    for member in members:
        message_changes.react(member, conversation, message.id, "👍", on=True)
    for reader, named in (
        (first, protocol.NAMED_REACTIONS),
        (others[-1], protocol.NAMED_REACTIONS + 1),
    ):
        (reaction,) = shown(reader, conversation)[0].reactions
        assert (reaction.count, len(reaction.people)) == (len(members), named)
        assert reader.pk in reaction.people


def test_members_are_mentioned_by_their_username_and_nobody_else_is() -> None:
    ann, bob, carol, eve = person("ann"), person("bob"), person("carol.j"), person("eve")
    conversation = room(ann, bob, carol)
    text = "@bob, @ann and @carol.j: mail eve@bob or @eve. Thanks @bob."
    message = message_of(ann, conversation, text)
    assert message.mentions == (bob.pk, carol.pk)
    assert shown(bob, conversation) == [message]
    assert not Mention.objects.filter(user=eve).exists()


def test_a_mention_is_listed_until_it_is_read() -> None:
    ann, bob = person("ann"), person("bob")
    conversation = room(ann, bob)
    message_of(ann, conversation, "@bob one")
    message_of(ann, conversation, "two")
    message_of(ann, conversation, "@bob three")
    assert load_state(bob, conversation).mentioned == (1, 3)
    assert load_state(ann, conversation).mentioned == ()
    read_markers.append_read(bob, conversation, 1)
    assert load_state(bob, conversation).mentioned == (3,)


def test_an_edit_replaces_the_mentions_of_a_message() -> None:
    ann, bob, carol = person("ann"), person("bob"), person("carol")
    conversation = room(ann, bob, carol)
    message = message_of(ann, conversation, "@bob look")
    event = changed(message_changes.edit_message(ann, conversation, message.id, "@carol look"))
    assert isinstance(event, protocol.EditedEvent)
    assert event.mentions == (carol.pk,)
    assert load_state(bob, conversation).mentioned == ()
    assert load_state(carol, conversation).mentioned == (1,)


def test_a_removed_message_is_not_unread_and_is_shown_as_removed_in_the_list() -> None:
    ann, bob = person("ann"), person("bob")
    conversation = room(ann, bob)
    message_of(ann, conversation)
    message = message_of(ann, conversation, "@bob oops")
    message_changes.remove_message(ann, conversation, message.id)
    state = load_state(bob, conversation)
    assert state.last_message
    assert (state.unread, state.mentioned) == (1, ())
    assert (state.last_message.id, state.last_message.removed) == (message.id, True)


def test_an_edit_shows_in_the_list() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    message = message_of(ann, conversation, "helo")
    message_changes.edit_message(ann, conversation, message.id, "hello")
    state = load_state(bob, conversation)
    assert state.last_message
    assert state.last_message.text == "hello"


def test_a_replay_does_not_contain_removed_texts() -> None:
    ann, bob = person("ann"), person("bob")
    conversation = room(ann, bob)
    cursor = load_changes(bob, "").cursor
    message = message_of(ann, conversation, "a @bob secret")
    message_changes.edit_message(ann, conversation, message.id, "another @bob secret")
    message_changes.react(bob, conversation, message.id, "👍", on=True)
    message_changes.remove_message(ann, conversation, message.id)
    changes = load_changes(bob, cursor)
    assert [event.type for event in changes.events] == ["message", "edited", "reacted", "removed"]
    assert "secret" not in changes.model_dump_json()


def queries_of(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as caught:
        work()
    return len(caught)


def test_a_message_without_reply_and_mention_makes_no_query_for_them() -> None:
    ann, bob = person("ann"), person("bob")
    conversation = room(ann, bob)
    first = message_of(bob, conversation)
    plain = queries_of(lambda: said(ann, conversation, "plain"))
    assert queries_of(lambda: answer(ann, conversation, first.id)) == plain + 1
    assert queries_of(lambda: said(ann, conversation, "@bob")) == plain + 2


def test_plain_messages_are_loaded_without_queries_for_details(
    django_assert_num_queries: Any,
) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    cursor = load_changes(bob, "").cursor
    for _ in range(5):
        said(ann, conversation)
    with django_assert_num_queries(2):  # heads, events
        assert len(load_changes(bob, cursor).events) == 5
    with django_assert_num_queries(3):  # membership, messages, notices
        assert len(shown(bob, conversation)) == 5


def test_messages_with_details_are_loaded_in_as_many_queries_as_one(
    django_assert_num_queries: Any,
) -> None:
    ann, bob = person("ann"), person("bob")
    conversation = room(ann, bob)
    first = message_of(ann, conversation)
    for _ in range(10):
        message = answer(ann, conversation, first.id, "@bob")
        message_changes.react(bob, conversation, message.id, "👍", on=True)
    with django_assert_num_queries(7):  # membership, messages, notices, their details
        assert len(shown(bob, conversation)) == 11


def test_a_conversation_is_deleted_with_all_that_belongs_to_it() -> None:
    ann, bob = person("ann"), person("bob")
    conversation = room(ann, bob)
    first = message_of(ann, conversation)
    message_changes.react(
        bob, conversation, answer(bob, conversation, first.id, "@ann").id, "👍", on=True
    )
    conversations.delete_conversation(ann, conversation)
    for model in (Message, Event, Mention, Reaction):
        assert not model.objects.exists()


def test_a_deleted_users_messages_are_deleted_but_not_the_replies_to_them() -> None:
    ann, bob = person("ann"), person("bob")
    conversation = room(ann, bob)
    first = message_of(bob, conversation)
    reply = answer(ann, conversation, first.id, "@bob yes")
    bob.delete()
    (read,) = shown(ann, conversation)
    assert (read.id, read.reply_to, read.mentions) == (reply.id, None, ())
