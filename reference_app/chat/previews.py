"""Pictures: how large they are, and a small one of each, without what was noted in it."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import IO

from PIL import Image, ImageOps

from reference_app.chat.protocol import ErrorCode, Refused

MAX_PIXELS = 50_000_000
"""Most pixels of a picture: a small file may unfold to gigabytes."""

LARGEST = (960, 960)
"""A preview fits into this, which is twice what the page gives it: screens are that fine."""

_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
}
# What Pillow raises for content that is broken, by mistake or on purpose.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, ArithmeticError, LookupError)


@dataclass(frozen=True)
class Picture:
    """A picture's size as it is shown, and its preview, a WebP."""

    width: int
    height: int
    preview: bytes


def picture(file: IO[bytes], media_type: str) -> Picture:
    """Return what the page needs of a picture.

    The preview is drawn anew from its pixels: where and with what it was taken stays out.

    Raises:
        Refused: it is broken, or has too many pixels.
    """
    try:
        # Only its own decoder: the others have no business with it.
        with Image.open(file, formats=[_FORMATS[media_type]]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Refused(
                    ErrorCode.FILE_TYPE, f"A picture may have at most {MAX_PIXELS:,} pixels."
                )
            return _drawn(image)
    except (*_BROKEN, Image.DecompressionBombError):
        raise Refused(ErrorCode.FILE_TYPE, "The picture is damaged.") from None


def _drawn(image: Image.Image) -> Picture:
    turned = image.getexif().get(_ORIENTATION, 1) in _SIDEWAYS
    width, height = image.size[::-1] if turned else image.size
    image.thumbnail(LARGEST)
    upright = ImageOps.exif_transpose(image)
    has_alpha = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    out = BytesIO()
    upright.convert("RGBA" if has_alpha else "RGB").save(
        out, "WEBP", quality=80, exif=b"", icc_profile=b"", xmp=b""
    )
    return Picture(width, height, out.getvalue())


# EXIF: how a camera was held. From the fifth on, width and height are exchanged.
_ORIENTATION = 0x0112
_SIDEWAYS = range(5, 9)
