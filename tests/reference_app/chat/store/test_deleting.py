"""Deleting a conversation: who may do it, for whom it is deleted, and that nothing is left."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from reference_app.accounts.models import User
from reference_app.chat import services
from reference_app.chat.models import Conversation, Event, Membership, Message
from reference_app.chat.queries.conversations import load_state
from reference_app.chat.queries.sync import load_changes
from reference_app.chat.store import conversations
from reference_app.protocol import ErrorCode, Refused
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db


def delete(user: User, conversation: int) -> int:
    client = Client()
    client.force_login(user)
    return client.delete(f"/api/conversations/{conversation}").status_code


def test_a_direct_conversation_is_deleted_for_both_and_leaves_nothing_behind() -> None:
    ann, bob = person(), person()
    direct = conversations.direct_conversation(ann, bob.pk).id
    other = room(ann, bob)
    said(ann, direct)
    said(bob, direct)
    said(bob, other)
    services.mark_read(ann, direct, 2)
    assert delete(bob, direct) == 204
    assert not Conversation.objects.filter(pk=direct).exists()
    for model in (Membership, Message, Event):
        assert not model.objects.filter(conversation=direct).exists()
        assert model.objects.filter(conversation=other).exists()
    for user in (ann, bob):
        assert load_changes(user, f"{direct}.1.2,{other}.1.1").gone == [direct]


def test_a_group_is_deleted_by_its_owner_only() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    assert load_state(bob, group).owner == ann.pk
    assert delete(bob, group) == 403
    assert Conversation.objects.filter(pk=group).exists()
    assert delete(ann, group) == 204
    assert not Conversation.objects.filter(pk=group).exists()


def test_a_conversation_of_others_or_a_deleted_one_cannot_be_deleted() -> None:
    ann, bob, eve = person(), person(), person()
    group = room(ann, bob)
    assert delete(eve, group) == 403
    assert delete(ann, group) == 204
    assert delete(ann, group) == 403
    with pytest.raises(Refused) as refused:
        said(bob, group)
    assert refused.value.code is ErrorCode.NOT_A_MEMBER


def test_a_new_direct_conversation_after_it_begins_at_seq_1() -> None:
    ann, bob = person(), person()
    first = conversations.direct_conversation(ann, bob.pk).id
    said(ann, first)
    services.delete_conversation(ann, first)
    again = conversations.direct_conversation(bob, ann.pk).id
    assert again != first
    assert said(bob, again).ack.seq == 1


def test_many_messages_are_deleted_in_few_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    for _ in range(300):
        said(ann, group)
    with django_assert_max_num_queries(25):
        conversations.delete_conversation(ann, group)


@pytest.mark.django_db(transaction=True)
def test_messages_written_during_the_deletion_are_refused_or_deleted() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    outcomes: list[str] = []
    begun = threading.Event()

    def write() -> None:
        try:
            # More than can be written while the deletion waits for SQLite's lock.
            for _ in range(50_000):
                said(bob, group)
                begun.set()
            outcomes.append("never refused")
        except Refused as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(30)
    services.delete_conversation(ann, group)
    writer.join()
    assert outcomes == [ErrorCode.NOT_A_MEMBER]
    assert not Message.objects.filter(conversation=group).exists()


def test_an_owner_who_is_deleted_leaves_a_group_that_nobody_owns() -> None:
    ann, bob = person(), person()
    group = room(ann, bob)
    ann.delete()
    assert load_state(bob, group).owner is None
    assert delete(bob, group) == 403
