"""Figures for people to read: numbers, intervals, values with their units."""

from __future__ import annotations

import math

from benchmarks.report.language import Listing, Part, Phrase
from benchmarks.report.values import Json

NOTHING = "–"
"""In place of a figure that there is none of."""

WORDS = {
    "users": "{value} users",
    "index": "{value} index",
    "deliveries": "{value} deliveries",
    "req/s": "{value} req/s",
    "CPU s/1,000": "{value} CPU s/1,000",
}
"""Units that have words, with their figure."""


def number(value: float | None, digits: int = 3) -> str:
    """Return a number to so many significant digits."""
    if value is None:
        return NOTHING
    if math.isinf(value):
        return "∞"
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def signed(value: float | None, digits: int = 3) -> str:
    """Return a change in percent, with its sign."""
    if value is None:
        return NOTHING
    return f"{'+' if value > 0 else ''}{number(value, digits)} %"


def interval(bounds: list[float | None] | None) -> str:
    """Return an interval; a bound that is missing is infinite, which no quantity is below zero."""
    if not bounds:
        return NOTHING
    low, high = ("∞" if bound is None else number(bound) for bound in bounds)
    return f"[{low}, {high}]"


def with_unit(text: str, unit: str) -> Part:
    """Return a figure with its unit, in words where the unit is a word."""
    if unit in WORDS:
        return Phrase(WORDS[unit], {"value": text})
    return f"{text} {unit}" if unit else text


def with_interval(text: str, unit: str, bounds: str) -> Part:
    """Return a figure with its unit and its interval."""
    if unit in WORDS:
        return Listing((with_unit(text, unit), bounds), " ", " ")
    return f"{text} {unit} {bounds}" if unit else f"{text} {bounds}"


def ratio(of: Json | None) -> Part:
    """Return a ratio, or the bound that is known of it."""
    if of is None:
        return ""
    bound = "at least" if of["at_least"] else "at most" if of["at_most"] else ""
    return bounded(number(of["value"]), bound)


def bounded(value: Part, bound: str) -> Part:
    """Return a value, or that it is at least or at most that."""
    if not bound:
        return value
    text = "at least {value}" if bound == "at least" else "at most {value}"
    return Phrase(text, {"value": value})


def quantity(answer: Json, unit: str) -> Part:
    """Return the value of an answer with its unit: yes or no, at least, at most, or never."""
    if answer["value"] is not None and not unit:
        return Phrase("yes") if answer["value"] else Phrase("no")
    return _worded(answer, unit)


def bare_quantity(answer: Json) -> Part:
    """Return the value of an answer without its unit: a number, at least, at most, or never."""
    return _worded(answer, "")


def served(found: Json) -> Part:
    """Return the most users that one search found to be served well."""
    if found["at_least"]:
        return Phrase("at least {value}", {"value": f"{found['users']:,}"})
    if not found["users"] and found["failed_at"]:
        return Phrase("fewer than {value}", {"value": f"{found['failed_at']:,}"})
    return f"{found['users']:,}"


def _worded(answer: Json, unit: str) -> Part:
    if answer["value"] is None:
        return Phrase("never") if answer["value_unbounded"] else NOTHING
    return bounded(with_unit(number(answer["value"]), unit), answer["bound"])


def change(answer: Json) -> str:
    """Return how an answer differs from the baseline's, with its interval."""
    if answer["change_unbounded"]:
        return f"∞ {interval(answer['change_ci95'])}"
    if answer["change_percent"] is None:
        return NOTHING
    return f"{signed(answer['change_percent'])} {interval(answer['change_ci95'])}"


def items(parts: list[Phrase]) -> Listing:
    """Return facts as a list within a sentence."""
    return Listing(tuple(parts), "; ", "; ")
