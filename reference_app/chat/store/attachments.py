"""Store and remove the database rows of files; files/storage.py stores their content.

Rows are deleted first, and the files on the disk after the commit. If a crash comes in between,
the files have no row any more, and the sweep removes them.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from datetime import timedelta
from functools import partial
from itertools import islice

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.files import storage
from reference_app.chat.models import Conversation, File, Message
from reference_app.protocol import ErrorCode, Refused

UNSENT_FOR = timedelta(days=1)
"""Time after which an uploaded file is removed if no message has been sent with it."""

SWEEP_INTERVAL_SECONDS = 3_600.0
"""Seconds between two sweeps that a process makes by itself: after an upload."""

MAX_NAMES_PER_QUERY = 500
"""Names of one query: SQLite takes at most 1,000."""


def lock_unsent(ids: Collection[int]) -> dict[int, File]:
    """Lock and return the uploaded files with these ids that no message has yet.

    The locks last until the transaction ends.
    """
    if not ids:
        return {}
    rows = File.objects.select_for_update().filter(pk__in=ids, message=None).order_by("pk")
    return {file.pk: file for file in rows}


def take_files(
    sender: User, conversation_id: int, ids: Collection[int], waiting: dict[int, File]
) -> tuple[protocol.Attachment, ...] | Refused:
    """Take a message's files out of ``waiting``, and return them in the order of the message.

    The refusal is the same for a file of another user, of another conversation, and for one that
    does not exist.
    """
    if not ids:
        return ()
    taken = [waiting.pop(id_, None) for id_ in ids]
    if not all(
        file and file.uploader_id == sender.pk and file.conversation_id == conversation_id
        for file in taken
    ):
        return Refused(
            ErrorCode.NOT_FOUND,
            "A file of this message is not there any more: please add it again.",
            conversation_id,
        )
    return tuple(file.as_attachment() for file in taken if file)


def attach(files: Iterable[tuple[Message, Iterable[protocol.Attachment]]]) -> None:
    """Store which message has which files."""
    for message, attachments in files:
        File.objects.filter(pk__in=[one.id for one in attachments]).update(message=message)


def remove_from(owner: Message | Conversation) -> None:
    """Remove the files of a message or a conversation, within the caller's transaction."""
    _remove(owner.files.all())


def withdraw(user: User, file_id: int) -> None:
    """Remove a file that the user has uploaded and not sent; do nothing if there is none."""
    with transaction.atomic():
        _remove(File.objects.filter(pk=file_id, uploader=user, message=None))


def sweep() -> int:
    """Remove files that were never sent, and files on the disk that have no row.

    Returns how many files were removed.
    """
    return _sweep_unsent() + _sweep_unknown()


def sweep_now_and_then() -> None:
    """Remove files that were never sent, if this process last did so over SWEEP_EVERY ago."""
    global _swept_at  # noqa: PLW0603 - one per process
    if time.monotonic() - _swept_at > SWEEP_INTERVAL_SECONDS:
        _swept_at = time.monotonic()
        _sweep_unsent()


_swept_at = float("-inf")


@transaction.atomic
def _sweep_unsent() -> int:
    return _remove(File.objects.filter(message=None, uploaded_at__lt=timezone.now() - UNSENT_FOR))


def _sweep_unknown() -> int:
    removed = 0
    stored_names = iter(sorted(set(storage.settled())))
    while names := list(islice(stored_names, MAX_NAMES_PER_QUERY)):
        known = set(File.objects.filter(stored_as__in=names).values_list("stored_as", flat=True))
        unknown = [name for name in names if name not in known]
        storage.remove(unknown)
        removed += len(unknown)
    return removed


def _remove(files: QuerySet[File]) -> int:
    """Delete rows now, and their files after the commit; return how many."""
    rows = list(files.select_for_update().values_list("pk", "stored_as"))
    File.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
    transaction.on_commit(partial(storage.remove, [name for _, name in rows]))
    return len(rows)
