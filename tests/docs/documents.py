"""Reads the commands and links of a Markdown document. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

_FENCE = re.compile(r"^```(\w*)\s*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
_HTML = re.compile(r"""<(?:img|a|source)\b[^>]*?\b(?:src|href|srcset)=["']([^"']+)["']""")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each command in the fenced blocks marked ``sh``."""
    for language, block in _FENCE.findall(text):
        if language == "sh":
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line.removeprefix("$ "), comments=True)
                if words:
                    yield words


def make_targets(words: list[str]) -> list[str]:
    """Return the targets that a command asks make for."""
    plain = [word for word in words if not re.match(r"^[A-Z_]+=", word)]
    if not plain or plain[0] != "make":
        return []
    return [word for word in plain[1:] if not word.startswith("-")]


def paths(words: list[str]) -> list[str]:
    """Return the project's own programs that a command runs."""
    return [
        word.split()[0]  # a command may be another's argument
        for word in words
        if re.match(r"^(\./)?(scripts|\.ci|deploy|ansible)/", word)
    ]


def modules(words: list[str]) -> list[str]:
    """Return the project's own modules that a command runs."""
    return [
        after
        for flag, after in pairwise(words)
        if flag == "-m" and after.split(".")[0] in {"reference_app", "benchmarks"}
    ]


def links(text: str) -> Iterator[str]:
    """Yield the relative addresses that a document links to or shows."""
    prose = _FENCE.sub("", text)
    for address in _LINK.findall(prose) + _HTML.findall(prose):
        if not re.match(r"^[a-z][a-z0-9+.-]*:|^//", address):
            yield address


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-"))
    return found


def resolve(document: Path, address: str) -> tuple[Path, str]:
    """Return the file that a relative address names, and the anchor in it."""
    path, _hash, anchor = address.partition("#")
    return (document.parent / path).resolve() if path else document, anchor
