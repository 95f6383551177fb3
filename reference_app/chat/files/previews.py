"""Measure a picture, and make a small preview of it without its metadata."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import IO

from PIL import Image, ImageOps

from reference_app.protocol import ErrorCode, Refused

MAX_PIXELS = 50_000_000
"""Maximum number of pixels: a small file may decompress to gigabytes."""

LARGEST = (960, 960)
"""Maximum width and height of a preview in pixels: twice its size on the page, for screens with
two pixels per CSS pixel."""

_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
}
# The exceptions that Pillow raises for content that is damaged, by accident or on purpose.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, ArithmeticError, LookupError)


@dataclass(frozen=True)
class Picture:
    """A picture's width and height as it is shown, and its preview as WebP."""

    width: int
    height: int
    preview: bytes


def make_preview(file: IO[bytes], media_type: str) -> Picture:
    """Return the size and the preview of a picture.

    The preview contains only pixels. Metadata, such as the place and the camera, is left out.

    Raises:
        Refused: the picture is damaged, or has too many pixels.
    """
    try:
        # Only the decoder of this type: no other one should read content from users.
        with Image.open(file, formats=[_FORMATS[media_type]]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Refused(
                    ErrorCode.FILE_TYPE, f"A picture may have at most {MAX_PIXELS:,} pixels."
                )
            return _draw(image)
    except (*_BROKEN, Image.DecompressionBombError):
        raise Refused(ErrorCode.FILE_TYPE, "The picture is damaged.") from None


def _draw(image: Image.Image) -> Picture:
    is_sideways = image.getexif().get(_ORIENTATION, 1) in _SIDEWAYS
    width, height = image.size[::-1] if is_sideways else image.size
    image.thumbnail(LARGEST)
    upright = ImageOps.exif_transpose(image)
    has_alpha = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    out = BytesIO()
    upright.convert("RGBA" if has_alpha else "RGB").save(
        out, "WEBP", quality=80, exif=b"", icc_profile=b"", xmp=b""
    )
    return Picture(width, height, out.getvalue())


# The EXIF tag for how the camera was held. For its values 5 to 8, width and height are exchanged.
_ORIENTATION = 0x0112
_SIDEWAYS = range(5, 9)
