"""Load files for users who may read them."""

from __future__ import annotations

from reference_app.accounts.models import User
from reference_app.chat.models import File, Membership, Message
from reference_app.chat.records.visibility import SHOWN, meant_for, within
from reference_app.protocol import ErrorCode, Refused


def load_file(user: User, file_id: int) -> File:
    """Return a file that the user may read.

    Raises:
        Refused: there is none, or the user may not read it. The refusal is the same, so that it
            does not reveal whether the file exists.
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
    visible = Message.objects.filter(within(member), meant_for(user.pk), pk=file.message_id)
    return visible.exists()
