"""Adapt matplotlib's SVG to any page: colours of both themes, unique ids, translated text."""

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
    light = "".join(f"{_name_variable(colour)}:{colour};" for colour in DARK)
    dark = "".join(f"{_name_variable(colour)}:{other};" for colour, other in DARK.items())
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def themed(svg: str) -> str:
    """Return a picture as a file of its own that follows the light or dark theme of its reader."""
    coloured = _COLOUR.sub(_replace_colour, _METADATA.sub("", svg))
    coloured = _FONT.sub(FONT, coloured)
    head, tag, rest = coloured.partition("<defs>")
    return f"{head}<style>{palette()}</style>{tag}{rest}"


def inlined(svg: str, name: str, label: str, translate: Callable[[str], str | None]) -> str:
    """Return a picture as part of a page.

    Its ids are unique in the page. Screen readers read ``label`` in its place. Each text that
    ``translate`` knows is translated. The page has the palette, so the picture has none.
    """
    text = _PROLOGUE.sub("", svg)
    text = text.replace(f"<style>{palette()}</style>", "", 1)
    text = _ID.sub(lambda found: f'id="{name}-{found[1]}"', text)
    text = _LINK.sub(lambda found: f"{found[1]}{name}-{found[2]}", text)
    text = _TEXT.sub(lambda found: _translate_text(found, translate), text)
    # The page sets the width. The picture runs from left to right in any language.
    opening = f'<svg role="img" direction="ltr" aria-label="{escape(label)}"'
    text = re.sub(r'<svg\b([^>]*?) width="[^"]*"', r"<svg\1", text, count=1)
    text = re.sub(r'(<svg\b[^>]*?) height="[^"]*"', r"\1", text, count=1)
    return text.replace("<svg", opening, 1)


def _translate_text(found: re.Match[str], translate: Callable[[str], str | None]) -> str:
    known = translate(unescape(found[2]))
    return found[0] if known is None else f"{found[1]}{escape(known, quote=False)}{found[3]}"


def _name_variable(colour: str) -> str:
    """Return the name of the CSS variable for a colour."""
    return f"--c-{colour[1:]}"


def _replace_colour(found: re.Match[str]) -> str:
    colour = found[0]
    return f"var({_name_variable(colour)})" if colour in DARK else colour
