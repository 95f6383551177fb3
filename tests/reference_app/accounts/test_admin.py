"""The administration: who may enter it, what it shows, and what it cannot change."""

from __future__ import annotations

import pytest
from django.test import Client

from reference_app.accounts.models import User
from reference_app.chat.models import Conversation, Message
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(person("root", is_staff=True, is_superuser=True))
    return client


def test_only_staff_may_enter() -> None:
    client = Client()
    client.force_login(person())
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("of", ["accounts/user", "chat/conversation", "chat/message"])
def test_an_administrator_can_view_each_model(admin: Client, of: str) -> None:
    ann, bob = person("ann"), person("bob")
    said(ann, room(ann, bob))
    assert admin.get(f"/admin/{of}/").status_code == 200
    assert admin.get(f"/admin/{of}/?q=ann").status_code == 200


def test_a_conversation_is_shown_with_its_members_and_cannot_be_changed(admin: Client) -> None:
    ann, bob = person("ann"), person("bob")
    said(ann, room(ann, bob))
    conversation, message = Conversation.objects.get(), Message.objects.get()
    shown = admin.get(f"/admin/chat/conversation/{conversation.pk}/change/")
    assert b"ann" in shown.content
    for address in (f"conversation/{conversation.pk}", f"message/{message.pk}"):
        assert admin.get(f"/admin/chat/{address}/change/").status_code == 200
        assert admin.post(f"/admin/chat/{address}/change/", {}).status_code == 403
        assert admin.post(f"/admin/chat/{address}/delete/", {"post": "yes"}).status_code == 403


def test_a_user_added_there_has_the_given_display_name(admin: Client) -> None:
    form = {
        "username": "carol",
        "display_name": "Carol Jones",
        "usable_password": "true",
        "password1": "a good long one",
        "password2": "a good long one",
    }
    assert admin.post("/admin/accounts/user/add/", form).status_code == 302
    assert User.objects.get(username="carol").as_person().name == "Carol Jones"
