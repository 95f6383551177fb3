"""The file of claims: what is claimed, what decides it, and the design of the run.

A user may bring a file of their own, so that every mistake in it is one line that names the
file, the claim and the field.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.errors import BadRequest
from benchmarks.measure.metrics import METRICS
from benchmarks.measure.sequential import BOUNDARIES, Design
from benchmarks.measure.verdicts import Criterion
from benchmarks.servers.registry import servers

CLAIMS = Path(__file__).parents[1] / "claims.toml"

MAX_BYTES = 1_000_000
MAX_CLAIMS = 100
MAX_CRITERIA = 10
MAX_LOOKS = 20
MAX_ROUNDS = 1000
SMALLEST_LEVEL = 1e-6

QUANTITIES = ("change", "candidate", "baseline", "offered")


@dataclass(frozen=True)
class Claim:
    """A claim of the migration write-up, and what decides it.

    ``rests_on`` is the scenario that measures it; claims that rest on the same one are judged
    by the same windows.
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
        """Whether the claim is decided by a yes or no, not by a quantity."""
        return METRICS[self.metric].kind.is_answer


@dataclass(frozen=True)
class ClaimsFile:
    """The design of a run, the ways of serving that claims are answered for, and the claims."""

    design: Design
    ways: tuple[str, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class _Table:
    """A table of the file, and how an error names it."""

    where: str
    entries: Mapping[str, Any]

    def refuse(self, field: str, why: str) -> BadRequest:
        """Return the error that names the file, the claim and the field."""
        return BadRequest(f"{self.where}, field {field!r}: {why}.")

    def has_only(self, *known: str) -> None:
        """Refuse a field that is not known, which may be a known one misspelt."""
        for field in self.entries:
            if field not in known:
                raise self.refuse(field, f"there is no such field, only {', '.join(known)}")

    def text(self, field: str) -> str:
        """Return a text that has to be there, on one line."""
        value = self._required(field)
        if not isinstance(value, str) or not value.isprintable():
            raise self.refuse(field, "it has to be a text on one line")
        return value

    def one_of(self, field: str, known: tuple[str, ...]) -> str:
        """Return a text that is one of those known."""
        value = self.text(field)
        if value not in known:
            raise self.refuse(field, f"{value!r} is none of {', '.join(known)}")
        return value

    def number(self, field: str) -> float:
        """Return a finite number that has to be there."""
        value = self._required(field)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse(field, "it has to be a number")
        if not math.isfinite(value):
            raise self.refuse(field, "it has to be finite")
        return float(value)

    def count(self, field: str) -> int:
        """Return a whole number from 1 to MAX_ROUNDS."""
        value = self.number(field)
        if value != int(value) or not 1 <= value <= MAX_ROUNDS:
            raise self.refuse(field, f"it has to be a whole number from 1 to {MAX_ROUNDS}")
        return int(value)

    def maybe(self, field: str) -> float | None:
        """Return a number, or None where the field is not there."""
        return self.number(field) if field in self.entries else None

    def list(self, field: str, most: int) -> list[Any]:
        """Return a list that has at least one item, and no more than ``most``."""
        value = self._required(field)
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            raise self.refuse(field, f"it has to be a list of 1 to {most} items")
        return value

    def numbers(self, field: str, most: int) -> tuple[float, ...]:
        """Return a list of numbers that rise."""
        items = self.list(field, most)
        found = tuple(_Table(self.where, {field: item}).number(field) for item in items)
        if any(later <= earlier for earlier, later in pairwise(found)):
            raise self.refuse(field, "its numbers have to rise")
        return found

    def table(self, field: str) -> Mapping[str, Any]:
        """Return a table that has to be there."""
        value = self._required(field)
        if not isinstance(value, dict):
            raise self.refuse(field, "it has to be a table")
        return value

    def _required(self, field: str) -> Any:
        if field not in self.entries:
            raise self.refuse(field, "it is missing")
        return self.entries[field]


def load_claims(path: Path = CLAIMS) -> ClaimsFile:
    """Return the claims of a file.

    Raises:
        BadRequest: it cannot be read, or something in it makes no sense.
    """
    top = _Table(f"Claims file {path}", _parsed(path))
    top.has_only("design", "ways", "claim")
    known = tuple(sorted(servers()))
    ways = tuple(
        _Table(top.where, {"ways": one}).one_of("ways", known)
        for one in top.list("ways", len(known))
    )
    entries = top.list("claim", MAX_CLAIMS)
    claims = tuple(
        _claim(path, number, entry, known) for number, entry in enumerate(entries, start=1)
    )
    for number, claim in enumerate(claims):
        if claim.id in {one.id for one in claims[:number]}:
            raise BadRequest(f"{top.where}, claim {claim.id!r}, field 'id': it is used twice.")
    design = _design(_Table(f"{top.where}, [design]", top.table("design")))
    return ClaimsFile(design, tuple(dict.fromkeys(ways)), claims)


def _parsed(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadRequest(f"Claims file {path} is larger than {MAX_BYTES:,} bytes.")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadRequest(f"Claims file {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        why = str(error).splitlines()[0] if str(error) else "it nests too deep"
        raise BadRequest(f"Claims file {path} is not TOML: {why}.") from None


def _design(table: _Table) -> Design:
    table.has_only(*(one.name for one in fields(Design)))
    level = table.number("level")
    if not SMALLEST_LEVEL <= level < 0.5:
        raise table.refuse("level", f"it has to be from {SMALLEST_LEVEL:g} to less than 0.5")
    looks = table.numbers("looks", MAX_LOOKS)
    if any(one != int(one) or not 1 <= one <= MAX_ROUNDS for one in looks):
        raise table.refuse("looks", f"they are rounds: whole numbers from 1 to {MAX_ROUNDS}")
    information = table.numbers("information", MAX_LOOKS)
    if len(information) != len(looks) or information[0] <= 0 or information[-1] != 1:
        raise table.refuse("information", "it needs a share for each look, the last one 1")
    least = table.count("least_starts")
    if least < 2:
        raise table.refuse("least_starts", "one start shows no spread: it has to be at least 2")
    return Design(
        level=level,
        boundary=table.one_of("boundary", BOUNDARIES),
        looks=tuple(int(one) for one in looks),
        information=information,
        least_starts=least,
    )


def _claim(path: Path, number: int, entry: object, known: tuple[str, ...]) -> Claim:
    where = f"Claims file {path}, claim {number}"
    if not isinstance(entry, dict):
        raise BadRequest(f"{where}: it has to be a table.")
    name = _Table(where, entry).text("id")
    table = _Table(f"Claims file {path}, claim {name!r}", entry)
    table.has_only(*(one.name for one in fields(Claim)))
    metric = METRICS[table.one_of("metric", tuple(METRICS))]
    texts = {one: table.text(one) for one in ("statement", "old", "new", "change", "unit", "note")}
    criteria = table.list("criteria", MAX_CRITERIA)
    claim = Claim(
        id=name,
        metric=table.text("metric"),
        statistic=table.one_of("statistic", tuple(metric.kind.statistics)),
        baseline=table.one_of("baseline", known),
        candidate=table.one_of("candidate", known),
        rests_on=table.one_of("rests_on", (metric.scenario,)),
        criteria=tuple(_criterion(table, one, metric.kind.is_answer) for one in criteria),
        **texts,
    )
    if claim.baseline == claim.candidate:
        raise table.refuse("candidate", "it is the baseline too")
    if not metric.kind.has_times and any(one.later_than is not None for one in claim.criteria):
        raise table.refuse("criteria", f"{claim.metric!r} has no times to be later than")
    return claim


def _criterion(claim: _Table, entry: object, is_answer: bool) -> Criterion:
    if not isinstance(entry, dict):
        raise claim.refuse("criteria", "each has to be a table")
    table = _Table(f"{claim.where}, criteria", entry)
    table.has_only(*(one.name for one in fields(Criterion)))
    of = table.one_of("of", ("offered",) if is_answer else QUANTITIES[:-1])
    if is_answer:
        table.has_only("of")
        return Criterion(of)
    at_most, at_least = table.maybe("at_most"), table.maybe("at_least")
    if (at_most is None) == (at_least is None):
        raise table.refuse("at_most", "exactly one of 'at_most' and 'at_least' is needed")
    later_than = table.maybe("later_than")
    if later_than is not None and (of == "change" or later_than <= 0):
        raise table.refuse("later_than", "it is a positive time, and no change has one")
    bound = at_most if at_most is not None else at_least
    assert bound is not None, "one of them is there"
    criterion = Criterion(
        of=of,
        at_most=at_most,
        at_least=at_least,
        beyond=table.maybe("beyond"),
        zone=_zone(table, "zone", (bound, bound)),
        later_than=later_than,
    )
    around = criterion.zone or (bound, bound)
    criterion = replace(criterion, zone_at_end=_zone(table, "zone_at_end", around))
    if criterion.beyond is not None and criterion.sign * (criterion.beyond - criterion.bound) < 0:
        raise table.refuse("beyond", "it has to be at or past the threshold")
    if of == "change" and criterion.bound <= -100:
        raise table.refuse("at_most", "no change is -100 % or less")
    return criterion


def _zone(table: _Table, field: str, around: tuple[float, float]) -> tuple[float, float] | None:
    """Return a zone that contains a threshold, or another zone."""
    if field not in table.entries:
        return None
    zone = table.numbers(field, 2)
    if len(zone) != 2 or not zone[0] < around[0] <= around[1] < zone[1]:
        raise table.refuse(field, f"it is [low, high] with {around[0]:g} to {around[1]:g} within")
    return zone[0], zone[1]
