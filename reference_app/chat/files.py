"""The files of messages, as the database knows them; file_store.py has what they hold.

Rows go first and the files on the disk after the commit. What a crash leaves in between has
no row any more, and the sweep finds it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import timedelta
from functools import partial
from itertools import islice

from django.db import router, transaction
from django.db.models import QuerySet
from django.utils import timezone

from reference_app.accounts.models import User
from reference_app.chat import file_store, protocol
from reference_app.chat.compiled_queries import CompiledQuery, Row
from reference_app.chat.models import Conversation, File, Message
from reference_app.chat.protocol import ErrorCode, Refused

UNSENT_FOR = timedelta(days=1)
"""How long a file waits for the message that it was uploaded for."""

SWEEP_EVERY = 3_600.0
"""Seconds between two sweeps that a process makes by itself, when somebody uploads."""

TOGETHER = 500
"""Names that the database is asked for at once: SQLite takes no more than 1,000."""


_FILE_FIELDS = [field.attname for field in File._meta.concrete_fields]


def _files(ids: Collection[int]) -> QuerySet[File, Row]:
    return File.objects.filter(message__in=ids).order_by("pk").values_list(*_FILE_FIELDS)


FILES = CompiledQuery(File, _files)


def files_of(ids: Collection[int]) -> dict[int, tuple[protocol.Attachment, ...]]:
    """Return the files of messages, by the messages' ids, in the order of uploading."""
    found: dict[int, tuple[protocol.Attachment, ...]] = defaultdict(tuple)
    for row in FILES.rows_in_batches(ids):
        file = File.from_db(router.db_for_read(File), _FILE_FIELDS, row)
        found[file.message_id or 0] += (file.as_attachment(),)
    return found


def waiting(ids: Collection[int]) -> dict[int, File]:
    """Return the uploaded files that no message has yet, locked until the transaction ends."""
    if not ids:
        return {}
    rows = File.objects.select_for_update().filter(pk__in=ids, message=None).order_by("pk")
    return {file.pk: file for file in rows}


def brought(
    sender: User, conversation_id: int, ids: Collection[int], waiting: dict[int, File]
) -> tuple[protocol.Attachment, ...] | Refused:
    """Take what a message brings with it from the files that wait, in its order.

    Somebody else's, another conversation's, and one that is gone are refused alike.
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
    """Give files to the messages that bring them."""
    for message, attachments in files:
        File.objects.filter(pk__in=[one.id for one in attachments]).update(message=message)


def remove_from(owner: Message | Conversation) -> None:
    """Remove the files of a message or a conversation, within the caller's transaction."""
    _remove(owner.files.all())


def withdraw(user: User, file_id: int) -> None:
    """Remove a file that the user has uploaded and not sent; one that is gone is no matter."""
    with transaction.atomic():
        _remove(File.objects.filter(pk=file_id, uploader=user, message=None))


def sweep() -> int:
    """Remove what was never sent, and what the disk has and the database does not know.

    Returns how many files went.
    """
    return _sweep_unsent() + _sweep_unknown()


def sweep_now_and_then() -> None:
    """Remove what was never sent, if this process has not done so for a while."""
    global _swept_at  # noqa: PLW0603 - one per process
    if time.monotonic() - _swept_at > SWEEP_EVERY:
        _swept_at = time.monotonic()
        _sweep_unsent()


_swept_at = float("-inf")


@transaction.atomic
def _sweep_unsent() -> int:
    return _remove(File.objects.filter(message=None, uploaded_at__lt=timezone.now() - UNSENT_FOR))


def _sweep_unknown() -> int:
    removed = 0
    found = iter(sorted(set(file_store.settled())))
    while names := list(islice(found, TOGETHER)):
        known = set(File.objects.filter(stored_as__in=names).values_list("stored_as", flat=True))
        unknown = [name for name in names if name not in known]
        file_store.remove(unknown)
        removed += len(unknown)
    return removed


def _remove(files: QuerySet[File]) -> int:
    """Delete rows now, and their files once that is committed; return how many."""
    rows = list(files.select_for_update().values_list("pk", "stored_as"))
    File.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
    transaction.on_commit(partial(file_store.remove, [name for _, name in rows]))
    return len(rows)
