"""Media types from the content of files, extensions that do not match, and cleaned names."""

from __future__ import annotations

import pytest

from reference_app.chat.files.media_types import MAX_NAME, clean_name, contradicts_name, media_type
from tests.files import HTML, PDF, PROGRAM, SVG, picture


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (picture(kind="PNG"), "image/png"),
        (picture(kind="JPEG"), "image/jpeg"),
        (picture(kind="GIF"), "image/gif"),
        (picture(kind="WEBP"), "image/webp"),
        (PDF, "application/pdf"),
        (b"PK\x03\x04rest", "application/zip"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (HTML, "text/plain"),
        (SVG, "text/plain"),
        ("مرحبا\r\n\tيا عالم".encode(), "text/plain"),
        ("قيمة;عدد".encode("cp1256"), "text/plain"),
        (PROGRAM, None),
        (b"\x7fELF\x02\x01\x01\x00", None),
        (b"RIFF\x00\x00\x00\x00AVI LIST", None),
        (b"", None),
    ],
)
def test_the_media_type_comes_from_the_content(content: bytes, found: str | None) -> None:
    assert media_type(content) == found


@pytest.mark.parametrize(
    ("name", "found", "lying"),
    [
        ("photo.png", "image/png", False),
        ("photo.PNG", "text/plain", True),
        ("photo.jpg", "image/png", True),
        ("letter.docx", "application/zip", False),
        ("letter.pdf", "application/zip", True),
        ("page.html", "text/plain", False),
        ("no extension", "application/pdf", False),
    ],
)
def test_a_name_with_the_extension_of_another_type_lies(name: str, found: str, lying: bool) -> None:
    assert contradicts_name(name, found) is lying


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("photo.png", "photo.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\cv.pdf", "cv.pdf"),
        ("a\x00b\x1b[31m.txt", "ab[31m.txt"),
        ("exe.\u202egnp.jpg", "exe.gnp.jpg"),
        ("\u2066hidden\u2069.txt", "hidden.txt"),
        ("two\nlines.txt", "twolines.txt"),
        ('<img src="x">.png', "_img src=_x__.png"),
        (".htaccess", "htaccess"),
        ("..", "file"),
        ("", "file"),
        ("\u200e\u200f", "file"),
        ("تقرير ٢٠٢٦.pdf", "تقرير ٢٠٢٦.pdf"),
        ("می\u200cخواهم.txt", "می\u200cخواهم.txt"),
    ],
)
def test_misleading_characters_are_removed_from_a_name(name: str, clean: str) -> None:
    assert clean_name(name) == clean


def test_a_long_name_keeps_its_ending() -> None:
    name = clean_name("ن" * 500 + ".xlsx")
    assert len(name) == MAX_NAME
    assert name.endswith(".xlsx")
