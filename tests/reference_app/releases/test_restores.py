"""A restored database uses no epoch, id, session or prefix of the history that was lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test import Client
from pydantic import TypeAdapter

from reference_app.accounts.models import Device, User
from reference_app.accounts.sessions import visitor
from reference_app.chat.fanout.site_prefix import site_prefix
from reference_app.chat.models import Conversation, File, Message
from reference_app.chat.queries.sync import load_changes
from reference_app.protocol import Cursor
from reference_app.releases.restores import EPOCH_ORIGIN, IDS_PER_SECOND, MAX_EPOCH, finish_restore
from tests.builders import person, room, said

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
SAFE_IN_JAVASCRIPT = 2**53


def test_a_page_that_was_ahead_is_reset_although_its_seq_has_been_reached_again() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    said(bob, conversation, "kept")
    cursor_of_the_lost_history = f"{conversation}.1.3"
    finish_restore(NOW)
    for text in ("new", "newer"):
        said(bob, conversation, text)
    (state,) = load_changes(ann, cursor_of_the_lost_history).reset
    assert (state.epoch > 1, state.seq) == (True, 3)


def test_an_epoch_that_was_raised_after_the_backup_is_not_used_again() -> None:
    conversation = Conversation.objects.get(pk=room(person()))
    Conversation.objects.update(epoch=F("epoch") + 5)
    assert finish_restore(NOW).epoch > 6
    conversation.refresh_from_db()
    assert conversation.epoch == finish_restore(NOW).epoch


def test_a_restored_site_has_a_prefix_in_redis_that_the_backup_does_not_know() -> None:
    of_the_backup = site_prefix()
    finish_restore(NOW)
    assert site_prefix() != of_the_backup


def test_each_restore_has_a_new_epoch_whichever_archive_it_is_of() -> None:
    ann = person()
    room(ann)
    used = {1}
    for archive_of_epoch in (1, 1, max(used)):
        Conversation.objects.update(epoch=archive_of_epoch)
        call_command("finish_restore")
        (epoch,) = Conversation.objects.values_list("epoch", flat=True)
        assert epoch not in used
        used.add(epoch)


def test_no_id_of_the_lost_history_is_used_again() -> None:
    ann = person()
    kept = room(ann)
    finish_restore(NOW)
    floor = int((NOW - EPOCH_ORIGIN).total_seconds()) * IDS_PER_SECOND
    made = room(ann)
    said(ann, made)
    file = File.objects.create(
        conversation_id=kept, uploader=ann, name="n", media_type="t", size=1, stored_as="s"
    )
    new = [made, person().pk, Message.objects.get().pk, file.pk]
    assert all(floor < one < SAFE_IN_JAVASCRIPT for one in new)


def test_the_ids_of_every_table_are_moved_even_if_it_is_empty() -> None:
    finish_restore(NOW)
    floor = int((NOW - EPOCH_ORIGIN).total_seconds()) * IDS_PER_SECOND
    for label in ("accounts", "chat"):
        for model in apps.get_app_config(label).get_models():
            assert _next_id(model) > floor, model


def _next_id(model: Any) -> int:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq + 1 FROM sqlite_sequence WHERE name = %s", [table])
        else:
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        (number,) = cursor.fetchone() or (0,)
    return int(number)


def test_everybody_is_signed_out_on_every_device(client: Client) -> None:
    ann = person(password="a long password")
    client.force_login(ann)
    session = client.session.session_key
    assert session is not None
    assert visitor(session) is not None
    assert finish_restore(NOW).sessions == 1
    assert visitor(session) is None
    assert client.get("/api/me").status_code == 401
    assert not Device.objects.exists()
    assert User.objects.get().check_password("a long password")


@pytest.mark.parametrize("wrong", [EPOCH_ORIGIN, datetime(1970, 1, 1, tzinfo=UTC)])
def test_a_clock_that_is_wrong_is_refused_and_nothing_is_changed(wrong: datetime) -> None:
    room(person())
    with pytest.raises(ImproperlyConfigured, match="The clock says"):
        finish_restore(wrong)
    assert Conversation.objects.get().epoch == 1


def test_a_clock_behind_that_of_an_earlier_restore_is_refused() -> None:
    room(person())
    epoch = finish_restore(NOW).epoch
    with pytest.raises(ImproperlyConfigured, match="restored later than the clock says"):
        finish_restore(NOW - timedelta(seconds=1))
    assert Conversation.objects.get().epoch == epoch


def test_the_largest_epoch_and_id_fit_the_wire_and_javascript() -> None:
    largest = MAX_EPOCH * IDS_PER_SECOND + 10**12
    assert largest < SAFE_IN_JAVASCRIPT
    TypeAdapter(Cursor).validate_python(f"{largest}.{MAX_EPOCH}.1")
    assert re.fullmatch(r"9+", str(MAX_EPOCH))
