"""The command `refuse_newer_database`: it refuses the database of a later release."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db


def test_a_database_of_this_release_is_accepted() -> None:
    call_command("refuse_newer_database")


def test_migrations_of_unknown_applications_are_ignored() -> None:
    MigrationRecorder(connection).record_applied("elsewhere", "0001_initial")
    call_command("refuse_newer_database")


def test_a_database_of_a_later_release_is_refused_with_its_unknown_migrations() -> None:
    MigrationRecorder(connection).record_applied("chat", "9999_later")
    with pytest.raises(ImproperlyConfigured, match=r"later release: .* chat\.9999_later"):
        call_command("refuse_newer_database")
