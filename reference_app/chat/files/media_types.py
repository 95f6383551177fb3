"""Detect the media type of a file from its content, and clean its name. Pure functions.

The type that a browser or a name gives is not trusted. A file is refused if its content has none
of the types below, or if its name promises another type than its content has.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

HEAD = 4_096
"""The number of bytes at the beginning of a file from which its type is detected."""

MAX_NAME = 100
"""Maximum length of a file name, in characters."""

INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Types that a browser may show itself. Never SVG, HTML or PDF: they can contain scripts."""

TEXT = "text/plain"
ZIP = "application/zip"
OFFICE = "application/x-ole-storage"

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", ZIP),
    (0, b"PK\x05\x06", ZIP),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OFFICE),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
)
# RIFF is a container: its type follows at byte 8.
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}

# The type that each suffix promises. Others, such as .csv or .py, promise nothing: such a file is
# served with the type of its content.
_PROMISED = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "zip": ZIP,
    "docx": ZIP,
    "xlsx": ZIP,
    "pptx": ZIP,
    "odt": ZIP,
    "ods": ZIP,
    "doc": OFFICE,
    "xls": OFFICE,
    "ppt": OFFICE,
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "txt": TEXT,
}

# Bytes that no text has: C0 controls except tab, line feed, form feed and carriage return.
_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")

# Joiners shape letters and emoji, so names keep them. All other invisible characters are removed.
_JOINERS = "\u200c\u200d"
_UNWRITABLE = re.compile(r'[<>:"|?*]')


def media_type(head: bytes) -> str | None:
    """Return the type of a file from its first HEAD bytes; None if it is not accepted."""
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    for offset, signature, found in _SIGNATURES:
        if head.startswith(signature, offset):
            return found
    return TEXT if head and not _NO_TEXT.search(head) else None


def contradicts_name(name: str, found: str) -> bool:
    """Return whether a file's name promises another type than its content has."""
    promised = _PROMISED.get(PurePath(name).suffix.lower().removeprefix("."))
    return promised is not None and promised != found


def clean_name(name: str) -> str:
    """Return a file's name without what could mislead a reader or a file system."""
    bare = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(one for one in bare if one in _JOINERS or _is_visible(one))
    plain = _UNWRITABLE.sub("_", visible).strip(" .")
    if len(plain) > MAX_NAME:
        suffix = PurePath(plain).suffix[:20]
        plain = plain[: MAX_NAME - len(suffix)] + suffix
    return plain or "file"


def _is_visible(character: str) -> bool:
    """Return whether a character is visible: no control, bidi override or surrogate."""
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
