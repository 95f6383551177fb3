"""Finish the restore of a backup, so that nothing from the discarded history is valid in it.

A restore sets the database back, while pages, scripts and browsers keep what they got after the
backup: cursors, ids and sessions. So every session is ended, and the restored site continues with
an epoch and with ids that no earlier history can have used (docs/decisions/0013-restore.md). Both
are derived from the time of the restore, because the database that is replaced may be lost, and
the archive does not contain what came later.
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
from reference_app.chat.fanout.site_prefix import renew_prefix
from reference_app.chat.models import Conversation

EPOCH_ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
"""The time of epoch 0: the epochs of restores count the seconds since then. Other causes raise a
conversation's epoch only a few times."""

MAX_EPOCH = 999_999_999
"""The largest epoch that a cursor can contain (protocol/fields.py): it is reached in 2057."""

IDS_PER_SECOND = 100_000
"""Ids that a restore skips for each second since EPOCH_ORIGIN: more than any table uses on
average, and few enough that JavaScript represents them exactly until after 2057."""


@dataclass(frozen=True)
class FinishedRestore:
    """The result: the new epoch, and the numbers of conversations and of ended sessions."""

    epoch: int
    conversations: int
    sessions: int


def finish_restore(now: datetime) -> FinishedRestore:
    """Raise every epoch, end every session, and move every id beyond those used before.

    The site's names in Redis get a new prefix.

    This is one transaction, and can be repeated. Two restores must not run in the same second:
    the command waits for the next second.

    Raises:
        ImproperlyConfigured: there is no epoch for the time of the clock.
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
        # The backup may be of another site, which still uses its prefix.
        renew_prefix()
        _move_ids_beyond(epoch * IDS_PER_SECOND)
    return FinishedRestore(epoch, conversations, sessions)


def next_epoch_begins(epoch: int) -> datetime:
    """Return the time from which a restore gets another epoch."""
    return EPOCH_ORIGIN + timedelta(seconds=epoch + 1)


def _epoch_at(now: datetime) -> int:
    epoch = int((now - EPOCH_ORIGIN).total_seconds())
    if not 0 < epoch <= MAX_EPOCH:
        raise ImproperlyConfigured(
            f"The clock says {now:%Y-%m-%d %H:%M} UTC, which is not the time of a restore: set it."
        )
    return epoch


def _move_ids_beyond(floor: int) -> None:
    """Make the next id of each of the application's tables larger than ``floor``.

    The tables are read from the database, not from the models: a release that was rolled back
    may have created tables that this one does not know.
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
        # A table that never had a row has no row in sqlite_sequence yet.
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
