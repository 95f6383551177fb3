"""Format figures for people to read: numbers, intervals, values with their units."""

from __future__ import annotations

import math

from benchmarks.measure.intervals import SMALLEST_LEVEL
from benchmarks.report.language import Listing, Part, Phrase
from benchmarks.report.values import Json

NOTHING = "–"
"""The text in place of a figure that does not exist."""

WORDS = {
    "users": "{value} users",
    "index": "{value} index",
    "deliveries": "{value} deliveries",
    "req/s": "{value} req/s",
    "CPU s/1,000": "{value} CPU s/1,000",
}
"""Templates for a figure whose unit contains words, by unit."""


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with ``digits`` significant digits, or with all digits of its integer part.

    The second is the case for a number with ``digits`` or more digits before the decimal point.
    """
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
    """Return an interval. A missing bound is ∞, because no quantity is infinite below zero."""
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


def estimated(value: float | None, bounds: list[float | None] | None, unit: str = "") -> Part:
    """Return a value with its unit and its interval; one of a single repeat has no interval.

    A value that does not exist although it has an interval is infinite.
    """
    if value is None:
        return NOTHING if bounds is None else Phrase("never")
    text = number(value)
    return with_interval(text, unit, interval(bounds)) if bounds else with_unit(text, unit)


def ratio(of: Json | None) -> Part:
    """Return a ratio, marked if it is only a bound; empty if there is none."""
    if of is None:
        return ""
    bound = "at least" if of["at_least"] else "at most" if of["at_most"] else ""
    return bounded(number(of["value"]), bound)


def bounded(value: Part, bound: str) -> Part:
    """Return a value, with "at least" or "at most" if it is a bound."""
    if not bound:
        return value
    text = "at least {value}" if bound == "at least" else "at most {value}"
    return Phrase(text, {"value": value})


def quantity(answer: Json, unit: str) -> Part:
    """Return the value of an answer with its unit: a number, a bound, yes, no, or never."""
    if answer["value"] is not None and not unit:
        return Phrase("yes") if answer["value"] else Phrase("no")
    return _word_value(answer, unit)


def bare_quantity(answer: Json) -> Part:
    """Return the value of an answer without its unit: a number, a bound, or never."""
    return _word_value(answer, "")


def served(found: Json) -> Part:
    """Return the largest number of users that one capacity search found to be served well."""
    if found["at_least"]:
        return Phrase("at least {value}", {"value": f"{found['users']:,}"})
    if not found["users"] and found["failed_at"]:
        return Phrase("fewer than {value}", {"value": f"{found['failed_at']:,}"})
    return f"{found['users']:,}"


def _word_value(answer: Json, unit: str) -> Part:
    if answer["value"] is None:
        return Phrase("never") if answer["value_unbounded"] else NOTHING
    return bounded(with_unit(number(answer["value"]), unit), answer["bound"])


def change(answer: Json) -> Part:
    """Return the change of an answer from the baseline's; empty if there is none."""
    if answer["change_unbounded"]:
        return "∞"
    if answer["change_percent"] is None:
        return ""
    return bounded(signed(answer["change_percent"]), answer["change_bound"])


def p_value(value: float) -> str:
    """Return a p-value; one below ``SMALLEST_LEVEL`` has no digits that are known."""
    if value <= SMALLEST_LEVEL:
        return f"p < {SMALLEST_LEVEL:.0g}"
    return f"p = {number(value, 2)}"


def items(parts: list[Phrase]) -> Listing:
    """Return facts as a list within a sentence."""
    return Listing(tuple(parts), "; ", "; ")
