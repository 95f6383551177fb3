"""Taking a file in: what it is, whether it may be here, and where it is put.

What somebody uploads belongs to nobody's message yet. It can be read by who uploaded it,
and by the members of the conversation once a message of theirs refers to it.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from reference_app.accounts.models import User
from reference_app.chat import file_store, file_types, files, protocol
from reference_app.chat.models import File, Membership, Message
from reference_app.chat.previews import Picture, picture
from reference_app.chat.protocol import ErrorCode, Refused
from reference_app.chat.store import locked_for_member
from reference_app.chat.visibility import SHOWN, meant_for, within

MEBIBYTE = 1 << 20
DAY = timedelta(days=1)


def receive(user: User, conversation_id: int, upload: UploadedFile[bytes]) -> protocol.Attachment:
    """Store what somebody uploads for a message in a conversation.

    Raises:
        Refused: the user is no member or blocks the other, has uploaded too much today, the
            file is empty or too large, its content is nothing that we take or not what its
            name says, or there is no room left. Nothing of it stays behind.
    """
    with transaction.atomic():
        locked_for_member(user, conversation_id)
    name = file_types.clean_name(upload.name or "")
    size = _size(upload)
    _refuse_too_much(user, size)
    media_type = _media_type(name, upload)
    seen = picture(upload, media_type) if media_type in file_types.INLINE else None
    upload.seek(0)
    stored_as = file_store.keep(upload.chunks(), seen.preview if seen else None)
    try:
        row = File(
            name=name,
            media_type=media_type,
            size=size,
            stored_as=stored_as,
            uploader=user,
            conversation_id=conversation_id,
            **_dimensions(seen),
        )
        _record(row)
    except BaseException:
        file_store.remove([stored_as])
        raise
    files.sweep_now_and_then()
    return row.as_attachment()


def readable(user: User, file_id: int) -> File:
    """Return a file that the user may read.

    Raises:
        Refused: there is none, or it is none of the user's conversations': which of the
            two is not told.
    """
    file = File.objects.filter(pk=file_id).first()
    if file is None or not _may_read(user, file):
        raise Refused(ErrorCode.NOT_FOUND, "There is no such file.")
    return file


def _may_read(user: User, file: File) -> bool:
    member = Membership.objects.filter(SHOWN, conversation=file.conversation_id, user=user).first()
    if member is None:
        return False
    if file.message_id is None:
        return file.uploader_id == user.pk
    seen = Message.objects.filter(within(member), meant_for(user.pk), pk=file.message_id)
    return seen.exists()


@transaction.atomic
def _record(file: File) -> None:
    """Store the row, if what was true before the file was stored still is."""
    # Locked, so that what one uploads side by side is counted together.
    user = User.objects.select_for_update(no_key=True).get(pk=file.uploader_id)
    locked_for_member(user, file.conversation_id)
    _refuse_too_much(user, file.size)
    file.save()


def _size(upload: UploadedFile[bytes]) -> int:
    size, limit = upload.size or 0, settings.ENVIRONMENT.file_limit
    if not size:
        raise Refused(ErrorCode.INVALID, "The file is empty.")
    if size > limit:
        raise Refused(ErrorCode.FILE_TOO_LARGE, f"A file may have at most {limit // MEBIBYTE} MiB.")
    return size


def _refuse_too_much(user: User, size: int) -> None:
    limit = settings.ENVIRONMENT.files_per_day
    today = File.objects.filter(uploader=user, uploaded_at__gt=timezone.now() - DAY)
    if (today.aggregate(size=Sum("size"))["size"] or 0) + size > limit:
        raise Refused(
            ErrorCode.DAILY_LIMIT, f"You may upload at most {limit // MEBIBYTE} MiB a day."
        )


def _media_type(name: str, upload: UploadedFile[bytes]) -> str:
    upload.seek(0)
    found = file_types.media_type(upload.read(file_types.HEAD))
    upload.seek(0)
    if found is None:
        raise Refused(ErrorCode.FILE_TYPE, "Files of this type are not taken.")
    if file_types.lies(name, found):
        raise Refused(ErrorCode.FILE_TYPE, "The file does not hold what its name says.")
    return found


def _dimensions(seen: Picture | None) -> dict[str, int]:
    return {"width": seen.width, "height": seen.height} if seen else {}
