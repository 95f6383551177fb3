"""Load the files of many messages in one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from django.db import router
from django.db.models import QuerySet

from reference_app import protocol
from reference_app.chat.models import File
from reference_app.chat.records.compiled_query import CompiledQuery, Row

_FILE_FIELDS = [field.attname for field in File._meta.concrete_fields]


def _files(ids: Collection[int]) -> QuerySet[File, Row]:
    return File.objects.filter(message__in=ids).order_by("pk").values_list(*_FILE_FIELDS)


FILES = CompiledQuery(File, _files)


def load_attachments(ids: Collection[int]) -> dict[int, tuple[protocol.Attachment, ...]]:
    """Return the files of messages by message id, in the order in which they were uploaded."""
    found: dict[int, tuple[protocol.Attachment, ...]] = defaultdict(tuple)
    for row in FILES.rows_in_batches(ids):
        file = File.from_db(router.db_for_read(File), _FILE_FIELDS, row)
        found[file.message_id or 0] += (file.as_attachment(),)
    return found
