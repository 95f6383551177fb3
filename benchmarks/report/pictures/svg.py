"""What matplotlib's SVG needs to fit any page: colours of both themes, ids, translated text."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape

from benchmarks.report.pictures.style import DARK

FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans Arabic', sans-serif"
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_FONT = re.compile(r"'DejaVu Sans'[^;\"]*")
_ID = re.compile(r"""\bid="([^"]+)\"""")
_LINK = re.compile(r"""(url\(#|xlink:href="#)([^")]+)""")
_TEXT = re.compile(r"(<text\b[^>]*>)([^<]*)(</text>)")
_PROLOGUE = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)


def palette() -> str:
    """Return the style sheet that gives each colour of the pictures its value in both themes."""
    light = "".join(f"{_variable(colour)}:{colour};" for colour in DARK)
    dark = "".join(f"{_variable(colour)}:{other};" for colour, other in DARK.items())
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def themed(svg: str) -> str:
    """Return a picture that is its own file, and follows the theme of its reader."""
    coloured = _COLOUR.sub(_as_variable, _METADATA.sub("", svg))
    coloured = _FONT.sub(FONT, coloured)
    head, tag, rest = coloured.partition("<defs>")
    return f"{head}<style>{palette()}</style>{tag}{rest}"


def inlined(svg: str, name: str, label: str, translate: Callable[[str], str | None]) -> str:
    """Return a picture as part of a page.

    Its ids are unique in the page, ``label`` is what is read out in its place, and each text
    that ``translate`` knows is translated. The page has the palette.
    """
    text = _PROLOGUE.sub("", svg)
    text = text.replace(f"<style>{palette()}</style>", "", 1)
    text = _ID.sub(lambda found: f'id="{name}-{found[1]}"', text)
    text = _LINK.sub(lambda found: f"{found[1]}{name}-{found[2]}", text)
    text = _TEXT.sub(lambda found: _translated(found, translate), text)
    # The page gives it its width; a picture keeps its own direction in any language.
    opening = f'<svg role="img" direction="ltr" aria-label="{escape(label)}"'
    text = re.sub(r'<svg\b([^>]*?) width="[^"]*"', r"<svg\1", text, count=1)
    text = re.sub(r'(<svg\b[^>]*?) height="[^"]*"', r"\1", text, count=1)
    return text.replace("<svg", opening, 1)


def _translated(found: re.Match[str], translate: Callable[[str], str | None]) -> str:
    known = translate(unescape(found[2]))
    return found[0] if known is None else f"{found[1]}{escape(known, quote=False)}{found[3]}"


def _variable(colour: str) -> str:
    return f"--c-{colour[1:]}"


def _as_variable(found: re.Match[str]) -> str:
    colour = found[0]
    return f"var({_variable(colour)})" if colour in DARK else colour
