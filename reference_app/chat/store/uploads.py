"""Check and store an uploaded file.

An uploaded file belongs to no message yet, and only its uploader can read it. Once a message
refers to it, the members of the conversation can read it.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.files import media_types, storage
from reference_app.chat.files.previews import Picture, make_preview
from reference_app.chat.models import File
from reference_app.chat.store import attachments
from reference_app.chat.store.locking import lock_for_member
from reference_app.protocol import ErrorCode, Refused

MEBIBYTE = 1 << 20
DAY = timedelta(days=1)


def store_upload(
    user: User, conversation_id: int, upload: UploadedFile[bytes]
) -> protocol.Attachment:
    """Check and store a file that a user uploads for a message in a conversation.

    Raises:
        Refused: the user is not a member, blocks the other person, or has reached the daily
            limit; the file is empty or too large; its type is not accepted or not the one
            that its name says; or there is no room left. In each case nothing is stored.
    """
    with transaction.atomic():
        lock_for_member(user, conversation_id)
    name = media_types.clean_name(upload.name or "")
    size = _check_size(upload)
    _check_daily_limit(user, size)
    media_type = _detect_media_type(name, upload)
    picture_info = make_preview(upload, media_type) if media_type in media_types.INLINE else None
    upload.seek(0)
    stored_as = storage.keep(upload.chunks(), picture_info.preview if picture_info else None)
    try:
        row = File(
            name=name,
            media_type=media_type,
            size=size,
            stored_as=stored_as,
            uploader=user,
            conversation_id=conversation_id,
            **_get_dimensions(picture_info),
        )
        _save_checked(row)
    except BaseException:
        storage.remove([stored_as])
        raise
    attachments.sweep_now_and_then()
    return row.as_attachment()


@transaction.atomic
def _save_checked(file: File) -> None:
    """Store the row, if membership and the daily limit, checked again, still allow it."""
    # Locked, so that concurrent uploads of one user are counted together.
    user = User.objects.select_for_update(no_key=True).get(pk=file.uploader_id)
    lock_for_member(user, file.conversation_id)
    _check_daily_limit(user, file.size)
    file.save()


def _check_size(upload: UploadedFile[bytes]) -> int:
    size, limit = upload.size or 0, settings.ENVIRONMENT.file_limit
    if not size:
        raise Refused(ErrorCode.INVALID, "The file is empty.")
    if size > limit:
        raise Refused(ErrorCode.FILE_TOO_LARGE, f"A file may have at most {limit // MEBIBYTE} MiB.")
    return size


def _check_daily_limit(user: User, size: int) -> None:
    limit = settings.ENVIRONMENT.files_per_day
    today = File.objects.filter(uploader=user, uploaded_at__gt=timezone.now() - DAY)
    if (today.aggregate(size=Sum("size"))["size"] or 0) + size > limit:
        raise Refused(
            ErrorCode.DAILY_LIMIT, f"You may upload at most {limit // MEBIBYTE} MiB a day."
        )


def _detect_media_type(name: str, upload: UploadedFile[bytes]) -> str:
    upload.seek(0)
    detected = media_types.media_type(upload.read(media_types.HEAD))
    upload.seek(0)
    if detected is None:
        raise Refused(ErrorCode.FILE_TYPE, "Files of this type are not taken.")
    if media_types.contradicts_name(name, detected):
        raise Refused(ErrorCode.FILE_TYPE, "The file does not hold what its name says.")
    return detected


def _get_dimensions(picture_info: Picture | None) -> dict[str, int]:
    return {"width": picture_info.width, "height": picture_info.height} if picture_info else {}
