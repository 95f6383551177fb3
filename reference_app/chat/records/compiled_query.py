"""Compile a query once per process, then run it with other numbers.

Django takes ten to fifty times as long to build and compile a QuerySet as SQLite takes to run it.
For a query that differs only in ids, once is enough: Django compiles it with markers in place of
the ids, and each run replaces the markers with the ids. The QuerySet stays the only definition of
the query, for every kind of database.

The query is compiled with two sets of markers, and only the markers may differ between the two
results. Otherwise the query depends on its values in some other way, and is refused.
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
"""Maximum number of ids in one list of a statement. Lists are padded to the next power of two, so
that a query is compiled for at most ten lengths."""

# They fit into every integer column, and no query contains them by itself.
_MARKERS = (1_000_000_007, 2_000_000_011)

Row = tuple[Any, ...]
Shape = tuple[int | None, ...]
"""The number of ids in each list; None for a single number."""


class UnusableQueryError(ValueError):
    """A query that cannot be compiled once for all values."""


class CompiledQuery:
    """A query of a model whose values are single numbers, and lists of numbers for ``__in``.

    ``build`` returns the QuerySet for these values, with ``values_list``. It must not branch on
    the values, because it is called with markers only. Threads may share a compiled query.
    """

    def __init__(self, model: type[Model], build: Callable[..., QuerySet[Any, Any]]) -> None:
        self.build = build
        self._model = model
        self._statements: dict[tuple[str, Shape], _Statement] = {}
        self._lock = Lock()

    def rows(self, *values: int | Collection[int]) -> list[Row]:
        """Return the rows of ``build(*values)``, from the database that the router reads from.

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
                listed = _pad(value)
                numbers += listed
                shape.append(len(listed))
        alias = router.db_for_read(self._model)
        return self._get_statement(alias, tuple(shape)).run(alias, numbers)

    def rows_in_batches(self, ids: Collection[int], *others: int) -> list[Row]:
        """Return the rows for a list of any length, the first value; none for an empty list.

        The list is split into batches of MAX_LISTED ids. Rows are ordered only within a batch.
        """
        remaining = iter(ids)
        found: list[Row] = []
        while batch := list(islice(remaining, MAX_LISTED)):
            found += self.rows(batch, *others)
        return found

    def _get_statement(self, alias: str, shape: Shape) -> _Statement:
        found = self._statements.get((alias, shape))
        if found is None:
            with self._lock:
                found = self._statements.get((alias, shape)) or _compile(self.build, alias, shape)
                self._statements[alias, shape] = found
        return found


@dataclass(frozen=True)
class _Slot:
    """A value's place among the parameters, and the driver's integer type for its column."""

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
    """A query that Django has compiled with one set of markers."""

    sql: str
    parameters: Sequence[Any]
    compiler: SQLCompiler
    markers: Sequence[int]


def _compile(build: Callable[..., QuerySet[Any, Any]], alias: str, shape: Shape) -> _Statement:
    one, other = (_compile_with_markers(build, alias, shape, first) for first in _MARKERS)
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


def _compile_with_markers(
    build: Callable[..., QuerySet[Any, Any]], alias: str, shape: Shape, first: int
) -> _Marked:
    markers = count(first)
    values = [_take_markers(size, markers) for size in shape]
    queryset = build(*values)
    # Each row is a tuple: this class builds no model instances and no dicts.
    if queryset._iterable_class is not ValuesListIterable:
        raise UnusableQueryError("a compiled query needs values_list(), and not a flat one")
    if queryset.db != alias:
        raise UnusableQueryError(f"the query is one of {queryset.db}, and reads go to {alias}")
    # A separate connection, which is never opened. The compiler keeps a reference to it, and a
    # thread's own connection must not outlive the thread.
    with closing(connections.create_connection(alias)) as connection:
        compiler = queryset.query.get_compiler(connection=connection)
        try:
            sql, parameters = compiler.as_sql()
        except (EmptyResultSet, FullResultSet) as error:
            raise UnusableQueryError("the query has no SQL for these values") from error
    if compiler.has_extra_select:
        raise UnusableQueryError(f"it orders by what it does not return: {sql}")
    return _Marked(sql, parameters, compiler, range(first, next(markers)))


def _take_markers(size: int | None, markers: Iterator[int]) -> int | list[int]:
    return next(markers) if size is None else list(islice(markers, size))


def _pad(ids: Collection[int]) -> list[int]:
    """Return the ids, the last one repeated until their number is a power of two."""
    if not 0 < len(ids) <= MAX_LISTED:
        raise ValueError(f"a list has 1 to {MAX_LISTED} ids, not {len(ids)}")
    listed = list(ids)
    missing = (1 << (len(listed) - 1).bit_length()) - len(listed)
    return listed + listed[-1:] * missing
