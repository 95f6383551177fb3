"""Write report.md, report.html and report.ar.html from templates, results and pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from benchmarks.recording import TABLES
from benchmarks.report import sections
from benchmarks.report.answers import is_judged, label_of, name_of, runs_of
from benchmarks.report.captions import BY_METRIC, CAPTIONS, caption
from benchmarks.report.conclusion import conclude
from benchmarks.report.facts import topic_of
from benchmarks.report.formats import (
    estimated,
    interval,
    number,
    quantity,
    ratio,
    served,
    with_interval,
    with_unit,
)
from benchmarks.report.language import ENGLISH, Data, Language, Part, languages
from benchmarks.report.markdown import HOLM_WORDS, VERDICT_WORDS, claims_markdown
from benchmarks.report.pictures.svg import inlined, palette
from benchmarks.report.reasons import worded, worded_all
from benchmarks.report.spreadsheets import CLAIMS, WINDOWS
from benchmarks.report.tables import claims_table, columns
from benchmarks.report.values import Json
from benchmarks.report.why import criterion_label, decided_at, why

SHORT_CHARACTERS = 20
"""The largest length of a value that fits on any line."""

UNBREAKABLE = re.compile(r"\[[^\[\]]{,40}\]|[\d∞] [^ \[]")
"""The parts of a value in which no line may break: an interval, a number and its unit."""

LEFT_TO_RIGHT, RIGHT_TO_LEFT, END_OF_ISOLATION = "\u2066", "\u2067", "\u2069"
"""Unicode's LRI, RLI and PDI (UAX 9, section 2.4)."""

DATA = ("results.json", CLAIMS, WINDOWS, "manifest.json")
OWN_CLAIMS, JUDGED_BY = "claims.toml", "judged-by.toml"
"""The claims file that a run was planned with, and that which it was judged by, if another."""


def write_pages(run: Path, results: Json, drawn: Sequence[str]) -> None:
    """Write every page of a run."""
    environment = _create_environment()
    claims_files = [name for name in (OWN_CLAIMS, JUDGED_BY) if (run / name).exists()]
    context = _build_context(results, drawn) | {
        "data": [*DATA, *claims_files],
        "judged_by": JUDGED_BY in claims_files,
    }
    text = environment.get_template("report.md.jinja").render(
        context
        | {
            "table": claims_markdown(results),
            "verdict_words": VERDICT_WORDS,
            "say": ENGLISH.render,
        }
    )
    (run / "report.md").write_text(text, encoding="utf-8")
    for language in languages():
        page = _Page(language, run, results, drawn)
        html = environment.get_template("report.html.jinja").render(context | page.context())
        (run / language.page).write_text(html, encoding="utf-8")


def _create_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("benchmarks.report"),
        autoescape=select_autoescape(["html.jinja"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "interval": interval}
    return environment


def _build_context(results: Json, drawn: Sequence[str]) -> dict[str, Any]:
    """Return the template variables that the pages of all languages share."""
    return {
        "results": results,
        "judged": is_judged(results),
        "holm_words": HOLM_WORDS,
        "conclusion": conclude(results),
        "columns": columns(results),
        "rows": claims_table(results),
        "drawn": drawn,
        "captions": CAPTIONS,
        "caption": lambda name: caption(name, results),
        "topic_of": topic_of,
        "quantity": quantity,
        "served": served,
        "estimated": estimated,
        "ratio": ratio,
        "with_interval": with_interval,
        "with_unit": with_unit,
        "why": why,
        "decided_at": decided_at,
        "criterion_label": criterion_label,
        "health_label": sections.health_label,
        "phase_label": sections.phase_label,
        "refusal": sections.refusal,
        "worded": worded,
        "worded_all": worded_all,
        "name_of": name_of,
        "label_of": label_of,
        "starts": sections.starts_of(results, "delivery"),
        "delivery": runs_of(results, "delivery"),
        "floor": runs_of(results, "floor"),
        "left_out": sections.left_out(results),
        "faulty": sections.faulty(results),
        "health_names": sections.health_names(results),
        "activities": sections.by_activity(results),
        "timeline": results["timeline"],
        "servers": results["servers"],
        "thresholds": results["thresholds"],
        "raw": [f"raw/{name}.parquet" for name in TABLES],
    }


@dataclass(frozen=True)
class _Page:
    """A page in one language, and the functions that its template calls."""

    language: Language
    run: Path
    results: Json
    drawn: Sequence[str]

    def context(self) -> dict[str, Any]:
        """Return the template variables of this language."""
        of_claims = {name for names in BY_METRIC.values() for name in names}
        metrics = {claim["metric"] for claim in self.results["claims"]}
        placed = {name for metric in metrics for name in BY_METRIC.get(metric, ())}
        with_own_section = {"claims", "control", "fanout"}
        return {
            "language": self.language,
            "others": [one for one in languages() if one != self.language],
            "palette": Markup(palette()),  # noqa: S704 - made from our own colours
            "t": self.text,
            "say": self.say,
            "data_text": self.data_text,
            "picture": self.picture,
            "pictures_of": lambda claim: [
                name for name in BY_METRIC.get(claim["metric"], ()) if name in self.drawn
            ],
            "unplaced": [
                name for name in self.drawn if name in of_claims - placed - with_own_section
            ],
        }

    def text(self, english: str) -> str:
        """Return a text of the template in the page's language."""
        return self.language.text(english)

    def say(self, part: Part) -> Markup:
        """Return a part with each value isolated from the direction of the text around it."""
        text = self.language.render(
            part,
            wrap=_isolate,
            plain=lambda text: str(escape(text)),
            foreign=self._mark_untranslated,
        )
        return Markup(text)  # noqa: S704 - every value and every text is escaped above

    def _mark_untranslated(self, text: str) -> str:
        """Return text that has no translation, marked as English unless it is only a figure."""
        if re.search("[a-z]", text):
            return _mark_english(text)
        return self.language.render(text, wrap=_isolate)

    def data_text(self, english: str) -> Markup:
        """Return a text of the data in the page's language, or marked as English."""
        return self.say(Data(english))

    def picture(self, name: str) -> Markup:
        """Return a picture as part of the page."""
        svg = (self.run / "plots" / f"{name}.svg").read_text(encoding="utf-8")
        label = self.text(CAPTIONS[name].title)
        text = inlined(svg, name, label, self._translate_in_picture)
        return Markup(text)  # noqa: S704 - matplotlib escapes the texts of a picture

    def _translate_in_picture(self, english: str) -> str | None:
        """Return a text of a picture in the page's language, or None if it has no translation.

        The picture runs from left to right. A text from right to left is isolated from it.
        """
        if self.language.direction == "ltr":
            return english
        part = worded(english)
        if isinstance(part, Data):
            known = self.language.known(english)
        else:
            known = self.language.render(part, wrap=_isolate_in_picture)
        return known and f"{RIGHT_TO_LEFT}{known}{END_OF_ISOLATION}"


def _isolate_in_picture(value: str) -> str:
    return f"{LEFT_TO_RIGHT}{value}{END_OF_ISOLATION}"


def _isolate(value: str) -> str:
    return f'<bdi dir="ltr">{escape(_prevent_breaks(value))}</bdi>'


def _mark_english(text: str) -> str:
    return f'<span lang="en" dir="ltr">{escape(text)}</span>'


def _prevent_breaks(value: str) -> str:
    """Prevent line breaks: anywhere in a short value, else in its unbreakable parts."""
    if len(value) <= SHORT_CHARACTERS:
        return value.replace(" ", "\u00a0")
    return UNBREAKABLE.sub(lambda found: found[0].replace(" ", "\u00a0"), value)
