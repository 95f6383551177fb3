"""Sample files for upload tests: pictures of a chosen size, and content of other types."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

HTML = b"<!doctype html><script>alert(document.cookie)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><circle r="9"/></svg>'
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"


def picture(
    width: int = 40, height: int = 30, kind: str = "PNG", exif: Image.Exif | None = None
) -> bytes:
    """Return a picture in one of Pillow's formats."""
    out = BytesIO()
    options = {"exif": exif} if exif else {}
    Image.new("RGB", (width, height), (15, 118, 110)).save(out, kind, **options)
    return out.getvalue()
