"""Load and check the claims file: the claims, their criteria, and the design of the run.

Users may write their own file. So each mistake in it is reported in one line that names the
file, the claim and the field.
"""

from __future__ import annotations

import codecs
import math
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.errors import BadRequest
from benchmarks.measure.metrics import METRICS
from benchmarks.measure.samples import Failures, Samples
from benchmarks.measure.sequential import BOUNDARIES, Design
from benchmarks.measure.verdicts import Criterion
from benchmarks.servers.base import Role
from benchmarks.servers.registry import servers

CLAIMS = Path(__file__).parents[1] / "claims.toml"

MAX_BYTES = 1_000_000
MAX_CLAIMS = 100
MAX_CRITERIA = 10
MAX_LOOKS = 20
MAX_ROUNDS = 1000
MAX_CHARACTERS = 2000
MAX_NUMBER = 1_000_000_000
MIN_NUMBER = 1e-9
"""Limits of the absolute value of a number that is not 0: others break the arithmetic."""

SMALLEST_LEVEL = 1e-6

ANSWERED_FOR: Collection[Role] = ("judged", "comparison")
"""The roles of the servers on which claims are measured: they serve the application."""

BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

QUANTITIES = ("change", "candidate", "baseline", "offered")


@dataclass(frozen=True)
class Claim:
    """A claim of the migration write-up and the criteria that decide it.

    ``rests_on`` is the scenario that measures it. Claims with the same scenario are judged by
    the same windows.
    """

    id: str
    statement: str
    old: str
    new: str
    change: str
    metric: str
    statistic: str
    unit: str
    baseline: str
    candidate: str
    rests_on: str
    note: str
    criteria: tuple[Criterion, ...]

    @property
    def is_answer(self) -> bool:
        """Whether the claim is decided by a yes or no instead of a quantity."""
        return METRICS[self.metric].kind.is_answer


@dataclass(frozen=True)
class ClaimsFile:
    """The design of a run, the names of the servers to answer claims for, and the claims."""

    design: Design
    ways: tuple[str, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class _Table:
    """A TOML table of the file; ``where`` names it in errors."""

    where: str
    entries: Mapping[str, Any]

    def refuse(self, field: str, why: str) -> BadRequest:
        """Return the error that names the file, the claim and the field."""
        return BadRequest(f"{self.where}, field {field!r}: {why}.")

    def has_only(self, *known: str) -> None:
        """Refuse fields that are not known: they may be misspelt."""
        for field in self.entries:
            if field not in known:
                raise self.refuse(field, f"there is no such field, only {', '.join(known)}")

    def text(self, field: str) -> str:
        """Return a required text on one line."""
        value = self._require(field)
        if not isinstance(value, str) or not value.isprintable():
            raise self.refuse(field, "it has to be a text on one line")
        if len(value) > MAX_CHARACTERS:
            raise self.refuse(field, f"it has more than {MAX_CHARACTERS:,} characters")
        return value

    def name(self, field: str) -> str:
        """Return a required text that is not empty."""
        value = self.text(field)
        if not value.strip():
            raise self.refuse(field, "it is empty")
        return value

    def one_of(self, field: str, known: tuple[str, ...]) -> str:
        """Return a required text that is one of the known ones."""
        value = self.text(field)
        if value not in known:
            raise self.refuse(field, f"{value!r} is none of {', '.join(known)}")
        return value

    def number(self, field: str) -> float:
        """Return a required number within MIN_NUMBER and MAX_NUMBER."""
        value = self._require(field)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse(field, "it has to be a number")
        # Compare before the conversion: a very long integer cannot be converted to a float.
        if value and not MIN_NUMBER <= abs(value) <= MAX_NUMBER:
            raise self.refuse(
                field, f"without its sign it has to be 0, or from {MIN_NUMBER:g} to {MAX_NUMBER:,}"
            )
        return float(value)

    def count(self, field: str) -> int:
        """Return a whole number from 1 to MAX_ROUNDS."""
        value = self.number(field)
        if value != int(value) or not 1 <= value <= MAX_ROUNDS:
            raise self.refuse(field, f"it has to be a whole number from 1 to {MAX_ROUNDS}")
        return int(value)

    def maybe(self, field: str) -> float | None:
        """Return a number, or None if the field is missing."""
        return self.number(field) if field in self.entries else None

    def list(self, field: str, most: int) -> list[Any]:
        """Return a required list of 1 to ``most`` items."""
        value = self._require(field)
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            raise self.refuse(field, f"it has to be a list of 1 to {most} items")
        return value

    def numbers(self, field: str, most: int) -> tuple[float, ...]:
        """Return a required list of numbers in ascending order."""
        items = self.list(field, most)
        numbers = tuple(_Table(self.where, {field: item}).number(field) for item in items)
        if any(later <= earlier for earlier, later in pairwise(numbers)):
            raise self.refuse(field, "its numbers have to rise")
        return numbers

    def table(self, field: str) -> Mapping[str, Any]:
        """Return a required table."""
        value = self._require(field)
        if not isinstance(value, dict):
            raise self.refuse(field, "it has to be a table")
        return value

    def _require(self, field: str) -> Any:
        if field not in self.entries:
            raise self.refuse(field, "it is missing")
        return self.entries[field]


def load_claims(path: Path = CLAIMS) -> ClaimsFile:
    """Return the content of a claims file.

    Raises:
        BadRequest: it cannot be read, or it is not valid.
    """
    top = _Table(f"Claims file {path}", _parse_toml(path))
    top.has_only("design", "ways", "claim")
    known = tuple(
        sorted(server.name for server in servers().values() if server.role in ANSWERED_FOR)
    )
    ways = tuple(
        _Table(top.where, {"ways": way}).one_of("ways", known)
        for way in top.list("ways", len(known))
    )
    entries = top.list("claim", MAX_CLAIMS)
    claims = tuple(
        _parse_claim(path, number, entry, known) for number, entry in enumerate(entries, start=1)
    )
    _check_together(path, claims)
    design = _parse_design(_Table(f"{top.where}, [design]", top.table("design")))
    return ClaimsFile(design, tuple(dict.fromkeys(ways)), claims)


def _check_together(path: Path, claims: Sequence[Claim]) -> None:
    """Refuse ids that are used twice, and claims about different pairs of servers.

    The summary of a report compares one pair of servers, so all claims must have the same pair.
    """
    first = claims[0]
    for number, claim in enumerate(claims):
        table = _Table(f"Claims file {path}, claim {claim.id!r}", {})
        if claim.id in {earlier.id for earlier in claims[:number]}:
            raise table.refuse("id", "it is used twice")
        for field in ("baseline", "candidate"):
            own, of_first = getattr(claim, field), getattr(first, field)
            if own != of_first:
                why = f"it is {own!r}, but that of claim {first.id!r} is {of_first!r}"
                raise table.refuse(field, f"{why}: it has to be the same in all claims")


def _parse_toml(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise BadRequest(f"Claims file {path} is larger than {MAX_BYTES:,} bytes.")
        if content.startswith(BYTE_ORDER_MARKS):
            why = "it begins with a byte order mark: save it as UTF-8 without one"
            raise BadRequest(f"Claims file {path} is not TOML: {why}.")
        return tomllib.loads(content.decode())
    except OSError as error:
        raise BadRequest(f"Claims file {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        why = str(error).splitlines()[0] if str(error) else "it nests too deep"
        raise BadRequest(f"Claims file {path} is not TOML: {why}.") from None
    except ValueError:
        # The only other ValueError is an integer with more digits than Python converts.
        why = f"no number may be larger than {MAX_NUMBER:,}"
        raise BadRequest(f"Claims file {path} has an integer of too many digits: {why}.") from None


def _parse_design(table: _Table) -> Design:
    table.has_only(*(field.name for field in fields(Design)))
    level = table.number("level")
    if not SMALLEST_LEVEL <= level < 0.5:
        raise table.refuse("level", f"it has to be from {SMALLEST_LEVEL:g} to less than 0.5")
    looks = table.numbers("looks", MAX_LOOKS)
    if any(look != int(look) or not 1 <= look <= MAX_ROUNDS for look in looks):
        raise table.refuse("looks", f"they are rounds: whole numbers from 1 to {MAX_ROUNDS}")
    information = table.numbers("information", MAX_LOOKS)
    if len(information) != len(looks) or information[0] <= 0 or information[-1] != 1:
        raise table.refuse("information", "it needs a share for each look, the last one 1")
    least_starts = table.count("least_starts")
    if least_starts < 2:
        raise table.refuse("least_starts", "one start shows no spread: it has to be at least 2")
    return Design(
        level=level,
        boundary=table.one_of("boundary", BOUNDARIES),
        looks=tuple(int(look) for look in looks),
        information=information,
        least_starts=least_starts,
    )


def _parse_claim(path: Path, number: int, entry: object, known: tuple[str, ...]) -> Claim:
    where = f"Claims file {path}, claim {number}"
    if not isinstance(entry, dict):
        raise BadRequest(f"{where}: it has to be a table.")
    name = _Table(where, entry).name("id")
    table = _Table(f"Claims file {path}, claim {name!r}", entry)
    table.has_only(*(field.name for field in fields(Claim)))
    metric = METRICS[table.one_of("metric", tuple(METRICS))]
    text_fields = ("statement", "old", "new", "change", "unit", "note")
    texts = {field: table.text(field) for field in text_fields}
    criteria = table.list("criteria", MAX_CRITERIA)
    claim = Claim(
        id=name,
        metric=table.text("metric"),
        statistic=table.one_of("statistic", tuple(metric.kind.statistics)),
        baseline=table.one_of("baseline", known),
        candidate=table.one_of("candidate", known),
        rests_on=table.one_of("rests_on", (metric.scenario,)),
        criteria=tuple(_parse_criterion(table, each, metric.kind) for each in criteria),
        **texts,
    )
    if claim.baseline == claim.candidate:
        raise table.refuse("candidate", "it is the baseline too")
    if not metric.kind.has_times and any(each.later_than is not None for each in claim.criteria):
        raise table.refuse("criteria", f"{claim.metric!r} has no times to be later than")
    return claim


def _parse_criterion(claim: _Table, entry: object, kind: type[Samples]) -> Criterion:
    if not isinstance(entry, dict):
        raise claim.refuse("criteria", "each has to be a table")
    table = _Table(f"{claim.where}, criteria", entry)
    table.has_only(*(field.name for field in fields(Criterion)))
    of = table.one_of("of", ("offered",) if kind.is_answer else QUANTITIES[:-1])
    if kind.is_answer:
        table.has_only("of")
        return Criterion(of)
    later_than = table.maybe("later_than")
    if later_than is not None and (of == "change" or later_than <= 0):
        raise table.refuse("later_than", "it is a positive time, and no change has one")
    possible = _find_possible(of, is_share=later_than is not None or kind is Failures)
    at_most, at_least = possible.maybe(table, "at_most"), possible.maybe(table, "at_least")
    if (at_most is None) == (at_least is None):
        raise table.refuse("at_most", "exactly one of 'at_most' and 'at_least' is needed")
    bound = at_most if at_most is not None else at_least
    assert bound is not None, "one of them is there"
    criterion = Criterion(
        of=of,
        at_most=at_most,
        at_least=at_least,
        beyond=possible.maybe(table, "beyond"),
        zone=_parse_zone(table, "zone", (bound, bound), possible),
        later_than=later_than,
    )
    around = criterion.zone or (bound, bound)
    zone_at_end = _parse_zone(table, "zone_at_end", around, possible)
    criterion = replace(criterion, zone_at_end=zone_at_end)
    if criterion.beyond is not None and criterion.sign * (criterion.beyond - criterion.bound) < 0:
        raise table.refuse("beyond", "it has to be at or past the threshold")
    return criterion


@dataclass(frozen=True)
class _PossibleRange:
    """The range of the possible values of a quantity; both ends are excluded."""

    low: float
    high: float
    why: str

    def check(self, table: _Table, field: str, value: float) -> None:
        """Refuse a threshold that no interval, or every interval, clears."""
        if not self.low < value < self.high:
            raise table.refuse(field, self.why)

    def maybe(self, table: _Table, field: str) -> float | None:
        """Return a possible value, or None if the field is missing."""
        value = table.maybe(field)
        if value is not None:
            self.check(table, field, value)
        return value


def _find_possible(of: str, *, is_share: bool) -> _PossibleRange:
    """Return the possible thresholds for the quantity of a criterion."""
    if of == "change":
        return _PossibleRange(-100, math.inf, "no change is -100 % or less")
    if is_share:
        return _PossibleRange(0, 100, "a share is in percent: more than 0 and less than 100")
    return _PossibleRange(0, math.inf, "what is measured is more than 0")


def _parse_zone(
    table: _Table, field: str, around: tuple[float, float], possible: _PossibleRange
) -> tuple[float, float] | None:
    """Return a zone that contains the threshold or another zone, None if the field is missing."""
    if field not in table.entries:
        return None
    zone = table.numbers(field, 2)
    if len(zone) != 2 or not zone[0] < around[0] <= around[1] < zone[1]:
        raise table.refuse(field, f"it is [low, high] with {around[0]:g} to {around[1]:g} within")
    for end in zone:
        possible.check(table, field, end)
    return zone[0], zone[1]
