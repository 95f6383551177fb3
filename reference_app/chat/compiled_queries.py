"""Queries that are compiled once per process, and then run with other numbers.

To build and compile a QuerySet takes Django ten to fifty times as long as SQLite needs to run
it. A query that differs only in ids needs that once: Django compiles it with markers in place of
the ids, and each run puts the ids where the markers are. The QuerySet stays the only version of
the query, for every kind of database.

It is compiled with two sets of markers. What differs between the two must be markers and
nothing else; otherwise the query depends on its values in some other way, and is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count, islice
from threading import Lock
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connections, router
from django.db.models import Model, QuerySet
from django.db.models.query import ValuesListIterable
from django.db.models.sql.compiler import SQLCompiler

MAX_LISTED = 512
"""Most ids of one list in a statement. Lists are filled up to the next power of two, so that
a query is compiled for ten lengths at most."""

# In the range of every integer column, and nothing that a query contains by itself.
_MARKERS = (1_000_000_007, 2_000_000_011)

Row = tuple[Any, ...]
Shape = tuple[int | None, ...]
"""How many ids each list has; None for a single number."""


class UnusableQueryError(ValueError):
    """A query that cannot be compiled once for all values."""


class CompiledQuery:
    """A query of a model whose values are single numbers, and lists of numbers for ``__in``.

    ``build`` makes the QuerySet, with ``values_list``, of these values. It must not branch on
    them: it runs with markers only. Threads may share a compiled query.
    """

    def __init__(self, model: type[Model], build: Callable[..., QuerySet[Any, Any]]) -> None:
        self.build = build
        self._model = model
        self._statements: dict[tuple[str, Shape], _Statement] = {}
        self._lock = Lock()

    def rows(self, *values: int | Collection[int]) -> list[Row]:
        """Return the rows that ``build(*values)`` has, from the database that a read goes to.

        Raises:
            UnusableQueryError: the query cannot be compiled for all values.
            ValueError: a list is empty, or longer than MAX_LISTED.
        """
        numbers: list[int] = []
        shape: list[int | None] = []
        for value in values:
            if isinstance(value, int):
                numbers.append(value)
                shape.append(None)
            else:
                listed = _filled_up(value)
                numbers += listed
                shape.append(len(listed))
        alias = router.db_for_read(self._model)
        return self._statement(alias, tuple(shape)).run(alias, numbers)

    def rows_in_batches(self, ids: Collection[int], *others: int) -> list[Row]:
        """Return the rows of a query by a list, however long it is; none for an empty one.

        The list is the first value. The rows are in order within each MAX_LISTED ids only.
        """
        waiting = iter(ids)
        found: list[Row] = []
        while batch := list(islice(waiting, MAX_LISTED)):
            found += self.rows(batch, *others)
        return found

    def _statement(self, alias: str, shape: Shape) -> _Statement:
        found = self._statements.get((alias, shape))
        if found is None:
            with self._lock:
                found = self._statements.get((alias, shape)) or _compile(self.build, alias, shape)
                self._statements[alias, shape] = found
        return found


@dataclass(frozen=True)
class _Slot:
    """Where a value goes: drivers have integer types of their own, one for each column type."""

    position: int
    number: int
    as_type: type[int]


@dataclass(frozen=True)
class _Statement:
    sql: str
    parameters: Sequence[Any]
    slots: Sequence[_Slot]
    compiler: SQLCompiler
    converters: dict[int, Any]

    def run(self, alias: str, numbers: Sequence[int]) -> list[Row]:
        parameters = list(self.parameters)
        for slot in self.slots:
            parameters[slot.position] = slot.as_type(numbers[slot.number])
        with connections[alias].cursor() as cursor:
            cursor.execute(self.sql, parameters)
            rows: list[Row] = cursor.fetchall()
        if not self.converters:
            return rows
        return [tuple(row) for row in self.compiler.apply_converters(rows, self.converters)]


@dataclass(frozen=True)
class _Marked:
    """A query as Django compiles it for one set of markers."""

    sql: str
    parameters: Sequence[Any]
    compiler: SQLCompiler
    markers: Sequence[int]


def _compile(build: Callable[..., QuerySet[Any, Any]], alias: str, shape: Shape) -> _Statement:
    one, other = (_marked(build, alias, shape, first) for first in _MARKERS)
    if one.sql != other.sql or len(one.parameters) != len(other.parameters):
        raise UnusableQueryError(f"the SQL depends on the values: {one.sql}")
    numbers = {
        pair: number for number, pair in enumerate(zip(one.markers, other.markers, strict=True))
    }
    slots = []
    for position, (here, there) in enumerate(zip(one.parameters, other.parameters, strict=True)):
        if type(here) is type(there) and here == there:
            continue
        number = numbers.get((here, there)) if isinstance(here, int) else None
        if number is None:
            raise UnusableQueryError(f"a value is changed in parameter {position}: {one.sql}")
        slots.append(_Slot(position, number, type(here)))
    if {slot.number for slot in slots} != set(numbers.values()):
        raise UnusableQueryError(f"a value is not among the parameters: {one.sql}")
    columns = [column for column, _sql, _name in one.compiler.select[: one.compiler.col_count]]
    converters = one.compiler.get_converters(columns)
    return _Statement(one.sql, one.parameters, slots, one.compiler, converters)


def _marked(
    build: Callable[..., QuerySet[Any, Any]], alias: str, shape: Shape, first: int
) -> _Marked:
    markers = count(first)
    values = [_markers_of(size, markers) for size in shape]
    queryset = build(*values)
    # The iterable decides what a row is: model instances and dicts are not made here.
    if queryset._iterable_class is not ValuesListIterable:
        raise UnusableQueryError("a compiled query needs values_list(), and not a flat one")
    if queryset.db != alias:
        raise UnusableQueryError(f"the query is one of {queryset.db}, and reads go to {alias}")
    # A connection of its own, which is never opened: the compiler keeps it, and a thread's
    # connection must go when the thread does.
    with closing(connections.create_connection(alias)) as connection:
        compiler = queryset.query.get_compiler(connection=connection)
        try:
            sql, parameters = compiler.as_sql()
        except (EmptyResultSet, FullResultSet) as error:
            raise UnusableQueryError("the query has no SQL for these values") from error
    if compiler.has_extra_select:
        raise UnusableQueryError(f"it orders by what it does not return: {sql}")
    return _Marked(sql, parameters, compiler, range(first, next(markers)))


def _markers_of(size: int | None, markers: Iterator[int]) -> int | list[int]:
    return next(markers) if size is None else list(islice(markers, size))


def _filled_up(ids: Collection[int]) -> list[int]:
    """Return the ids, the last one repeated until their number is a power of two."""
    if not 0 < len(ids) <= MAX_LISTED:
        raise ValueError(f"a list has 1 to {MAX_LISTED} ids, not {len(ids)}")
    listed = list(ids)
    missing = (1 << (len(listed) - 1).bit_length()) - len(listed)
    return listed + listed[-1:] * missing
