"""The languages of a report: phrases, their translations, and how both are rendered.

A phrase is an English template with named values. The template is its own key in the catalogue
of each other language (translations/*.toml), so that a test fails if a text changes and its
translation does not.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TypeAlias

import benchmarks.report

PERCENT = re.compile(r"(.*[\d∞]) %(.*)", re.DOTALL)

Part: TypeAlias = "str | Data | Phrase | Listing"


@dataclass(frozen=True)
class Phrase:
    """A template and the values of its fields.

    ``claims`` has the ids of the claims that the phrase reports as facts, for tests to check.
    """

    template: str
    values: Mapping[str, Part] = field(default_factory=dict)
    claims: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """A list of parts with separators between them, which are keys of the catalogue too."""

    parts: tuple[Part, ...]
    separator: str = ", "
    last: str = " and "


@dataclass(frozen=True)
class Data:
    """A text from data, such as a claims file; it is translated if the catalogue has it."""

    text: str


Wrap = Callable[[str], str]

FORMS = "/"
"""The separator between the three forms of a counted noun in a template.

The first form follows 1, 2 or a round number; the second 3 to 10; the third 11 to 99.
"""


class _Filled(str):
    """A rendered value; a format specification in the template selects the form of a noun."""

    number: str

    @classmethod
    def of(cls, shown: str, plain: str) -> _Filled:
        filled = cls(shown)
        filled.number = plain
        return filled

    def __format__(self, spec: str) -> str:
        return _select_form(spec.split(FORMS), self.number) if spec else str(self)


def _select_form(forms: Sequence[str], number: str) -> str:
    """Return the form of a noun after a number; in Arabic, its last two digits decide."""
    one, few, many = forms
    digits = re.findall(r"[\d,.]*\d", number)
    if not digits or "." in digits[-1]:
        return one
    last = int(digits[-1].replace(",", "")[-2:])
    if last in range(3, 11):
        return few
    return many if last > 10 else one


def _leave_unchanged(text: str) -> str:
    return text


@dataclass(frozen=True)
class Language:
    """A language of the report. English has no catalogue: the templates are English."""

    code: str
    direction: str
    name: str
    page: str
    texts: Mapping[str, str]
    data: Mapping[str, str]

    def text(self, english: str) -> str:
        """Return a text of the report in this language.

        Raises:
            KeyError: the catalogue lacks it.
        """
        return english if self.code == "en" else self.texts[english]

    def known(self, english: str) -> str | None:
        """Return a text from data in this language, or None if it has no translation."""
        if self.code == "en":
            return english
        return self.texts.get(english) or self.data.get(english)

    def render(
        self,
        part: Part,
        wrap: Wrap = _leave_unchanged,
        plain: Wrap = _leave_unchanged,
        foreign: Wrap | None = None,
    ) -> str:
        """Return a part as text.

        ``wrap`` marks up each value, so that figures and names keep their own direction within
        text that runs from right to left. ``plain`` escapes the text between the values.
        ``foreign`` marks up text without a translation; its default is ``wrap``.
        """
        if isinstance(part, str):
            return self._render_figure(part, wrap)
        if isinstance(part, Data):
            known = self.known(part.text)
            return (foreign or wrap)(part.text) if known is None else plain(known)
        if isinstance(part, Listing):
            separator, last = plain(self.text(part.separator)), plain(self.text(part.last))
            *most, end = (self.render(one, wrap, plain, foreign) for one in part.parts)
            return last.join([separator.join(most), end]) if most else end
        filled = {
            name: _Filled.of(self.render(one, wrap, plain, foreign), self.render(one))
            for name, one in part.values.items()
        }
        return plain(self.text(part.template)).format(**filled)

    def _render_figure(self, text: str, wrap: Wrap) -> str:
        """Return a value with the percent sign of this language.

        The sign follows the number in the direction of the text, so it is not part of the
        marked-up value.
        """
        found = None if self.code == "en" else PERCENT.fullmatch(text)
        if not found:
            return wrap(text)
        before, after = self._render_figure(found[1], wrap), found[2].strip()
        return f"{before}\u00a0٪ {wrap(after)}" if after else f"{before}\u00a0٪"


ENGLISH = Language("en", "ltr", "English", "report.html", {}, {})


@cache
def arabic() -> Language:
    """Return Arabic with its catalogue."""
    folder = resources.files(benchmarks.report).joinpath("translations")
    found = tomllib.loads(folder.joinpath("ar.toml").read_text("utf-8"))
    return Language("ar", "rtl", "العربية", "report.ar.html", found["texts"], found["data"])


def languages() -> tuple[Language, ...]:
    """Return every language that reports are written in, English first."""
    return (ENGLISH, arabic())
