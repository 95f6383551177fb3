"""Finish the restore of a backup: nothing that the discarded history gave out is valid in it.

A restore turns the database back, while pages, scripts and browsers keep what they got after
the backup: cursors, ids and sessions. Two values that no earlier history can have given out
protect them (docs/decisions/0013-restore.md). Both are derived from the time of the restore,
because the database that is replaced may be lost, and the archive does not know what came later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max

from reference_app.accounts.sessions import end_all_sessions
from reference_app.chat.models import Conversation
from reference_app.chat.site_prefix import renew_prefix

EPOCH_ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
"""When the epochs of restores begin to count, one a second. Other causes have raised a
conversation's epoch a few times only."""

MAX_EPOCH = 999_999_999
"""The largest epoch that a cursor can carry (protocol/fields.py): it is reached in 2057."""

IDS_PER_SECOND = 100_000
"""Ids that a restore leaves free for each second since EPOCH_ORIGIN: more than any table
takes on average, and few enough that JavaScript counts them exactly until after 2057."""


@dataclass(frozen=True)
class FinishedRestore:
    """What was done: the epoch of every conversation now, and how many there are of what."""

    epoch: int
    conversations: int
    sessions: int


def finish_restore(now: datetime) -> FinishedRestore:
    """Raise every epoch, end every session, and move every id beyond those given out before.

    The site's names in Redis begin with a new prefix.

    It is one transaction, and can be repeated. Two restores must not have the same second:
    the command waits for the next one.

    Raises:
        ImproperlyConfigured: the clock says a time for which there is no epoch.
    """
    epoch = _epoch_at(now)
    with transaction.atomic():
        newest = Conversation.objects.aggregate(newest=Max("epoch"))["newest"] or 0
        if newest > epoch:
            raise ImproperlyConfigured(
                f"The backup was made of a database that was restored later than the clock says "
                f"it is now ({now:%Y-%m-%d %H:%M} UTC): set the clock, and restore again."
            )
        conversations = Conversation.objects.update(epoch=epoch)
        sessions = end_all_sessions()
        # The backup may be another site's, which goes on under the prefix that it has.
        renew_prefix()
        _move_ids_beyond(epoch * IDS_PER_SECOND)
    return FinishedRestore(epoch, conversations, sessions)


def next_epoch_begins(epoch: int) -> datetime:
    """Return from when on a restore has another epoch."""
    return EPOCH_ORIGIN + timedelta(seconds=epoch + 1)


def _epoch_at(now: datetime) -> int:
    epoch = int((now - EPOCH_ORIGIN).total_seconds())
    if not 0 < epoch <= MAX_EPOCH:
        raise ImproperlyConfigured(
            f"The clock says {now:%Y-%m-%d %H:%M} UTC, which is not the time of a restore: set it."
        )
    return epoch


def _move_ids_beyond(floor: int) -> None:
    """Let the next row of each of the application's tables have an id above ``floor``.

    The tables are those of the database, not of the models: a release that was rolled back
    may have made some that this one does not know.
    """
    ours = {
        config.label
        for config in apps.get_app_configs()
        if config.name.startswith("reference_app.")
    }
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.partition("_")[0] in ours:
                _move_ids_of(cursor, table, floor)


def _move_ids_of(cursor: CursorWrapper, table: str, floor: int) -> None:
    if connection.vendor == "sqlite":
        # A table in which nothing was ever stored has no row there yet.
        cursor.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_master"
            " WHERE name = %s AND sql LIKE '%%AUTOINCREMENT%%'"
            " AND name NOT IN (SELECT name FROM sqlite_sequence)",
            [table],
        )
        cursor.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, %s) WHERE name = %s", [floor, table]
        )
        return
    for sequence in connection.introspection.get_sequences(cursor, table):
        cursor.execute(
            "SELECT setval(id, greatest(nextval(id), %s))"
            " FROM (SELECT pg_get_serial_sequence(%s, %s)::regclass AS id) AS sequence",
            [floor, connection.ops.quote_name(table), sequence["column"]],
        )
