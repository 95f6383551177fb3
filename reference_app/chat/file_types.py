"""What a file is, by what it holds, and what it may be called: pure.

What a browser, or a name, says of a file is not believed. A file whose content is none of
the types below is refused, and so is one whose name promises another type than it holds.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

HEAD = 4_096
"""As many bytes from a file's beginning tell what it is."""

MAX_NAME = 100
"""Longest name of a file, in characters."""

INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What a browser may show by itself. Never SVG, HTML or PDF: they can hold scripts."""

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
# A container whose kind stands further on.
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}

# What these names promise. Others, such as .csv or .py, promise nothing: whatever they hold
# is served as what it is.
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

# No text has them: C0 controls but for tab, line feed, form feed and carriage return.
_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")

# Joiners shape letters and emoji; whatever else nobody can see is taken out of names.
_JOINERS = "\u200c\u200d"
_UNWRITABLE = re.compile(r'[<>:"|?*]')


def media_type(head: bytes) -> str | None:
    """Return what a file is, from its first HEAD bytes; None if it is nothing we take."""
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    for offset, signature, found in _SIGNATURES:
        if head.startswith(signature, offset):
            return found
    return TEXT if head and not _NO_TEXT.search(head) else None


def lies(name: str, found: str) -> bool:
    """Return whether a file's name promises another type than was found."""
    promised = _PROMISED.get(PurePath(name).suffix.lower().removeprefix("."))
    return promised is not None and promised != found


def clean_name(name: str) -> str:
    """Return what a file is called, without what could mislead a reader or a file system."""
    bare = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(one for one in bare if one in _JOINERS or _is_visible(one))
    plain = _UNWRITABLE.sub("_", visible).strip(" .")
    if len(plain) > MAX_NAME:
        suffix = PurePath(plain).suffix[:20]
        plain = plain[: MAX_NAME - len(suffix)] + suffix
    return plain or "file"


def _is_visible(character: str) -> bool:
    """Return whether a character is seen: no control, no bidi override, no half of one."""
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
