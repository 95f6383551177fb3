"""Judge what a migration means for a site in use, before anything is changed. Pure functions.

While one release replaces another, processes of both run on one database. So it matters whether
the old release can run during and after a migration, whether the migration deletes data, and
whether it can be undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.db.migrations import Migration, RunPython, operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Field
from django.db.models.fields import NOT_PROVIDED

Model = tuple[str, str]
"""A model's application and its name in lower case."""


class Forward(IntEnum):
    """What it means to apply a change; a larger value is worse."""

    NONE = 0
    SAFE = 1
    OFFLINE = 2
    """The previous release would fail on it: no process may run while it is applied."""
    DESTRUCTIVE = 3
    """Stored data is deleted."""
    IRREVERSIBLE = 4


class Back(IntEnum):
    """What it means to go back to a release without the change; a larger value is worse."""

    NONE = 0
    COMPATIBLE = 1
    """That release can run on the database as it is."""
    REVERSIBLE = 2
    """The change has to be undone first, and the data that it stored is lost."""
    IRREVERSIBLE = 3


@dataclass(frozen=True)
class Change:
    """One operation of a migration: a description, and what it means forward and back."""

    what: str
    forward: Forward
    back: Back
    why: str = ""


@dataclass(frozen=True)
class JudgedMigration:
    """A migration and its changes."""

    name: str
    changes: Sequence[Change]


_SCHEMA_OF_NO_MATTER = (
    operations.CreateModel,
    operations.AddIndex,
    operations.RemoveIndex,
    operations.RenameIndex,
    operations.RemoveConstraint,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.AlterModelTableComment,
    operations.AlterOrderWithRespectTo,
)


def judge(steps: Iterable[tuple[Migration, ProjectState]]) -> list[JudgedMigration]:
    """Judge migrations in their order, each with the state of the models before it.

    Changes of a model that one of these migrations has created are safe: the previous release
    does not know the model, and nothing is stored in it yet.
    """
    created: set[Model] = set()
    judged = []
    for migration, state in steps:
        changes = []
        for operation in migration.operations:
            changes.append(_judge_operation(operation, migration.app_label, state, created))
            operation.state_forwards(migration.app_label, state)
            if isinstance(operation, operations.CreateModel):
                created.add((migration.app_label, operation.name_lower))
        judged.append(JudgedMigration(f"{migration.app_label}.{migration.name}", changes))
    return judged


def worst_forward(judged: Iterable[JudgedMigration]) -> Forward:
    """Return what it means to apply all of these migrations."""
    return max((one.forward for each in judged for one in each.changes), default=Forward.NONE)


def worst_back(judged: Iterable[JudgedMigration]) -> Back:
    """Return what it means to go back to a release before all of these migrations."""
    return max((one.back for each in judged for one in each.changes), default=Back.NONE)


def _judge_operation(
    operation: Operation, app: str, state: ProjectState, created: set[Model]
) -> Change:
    what = operation.describe()
    if isinstance(operation, operations.SeparateDatabaseAndState):
        parts = [
            _judge_operation(one, app, state, created) for one in operation.database_operations
        ]
        return max(
            parts,
            key=lambda part: part.forward,
            default=Change(what, Forward.SAFE, Back.COMPATIBLE),
        )
    if not operation.reversible:
        return Change(what, Forward.IRREVERSIBLE, Back.IRREVERSIBLE, "it cannot be undone")
    if isinstance(operation, RunPython):
        undoes = operation.reverse_code is not RunPython.noop
        return Change(what, Forward.SAFE, Back.REVERSIBLE if undoes else Back.COMPATIBLE)
    removes = isinstance(operation, (operations.RemoveField, operations.DeleteModel))
    if removes and _model_of(operation, app) not in created:
        return Change(
            what, Forward.DESTRUCTIVE, Back.IRREVERSIBLE, "what is stored there is gone afterwards"
        )
    why = _why_offline(operation, app, state, created)
    if why:
        return Change(what, Forward.OFFLINE, Back.REVERSIBLE, why)
    if isinstance(operation, operations.AlterField) and operation.field.null:
        return _judge_now_nullable(operation, what, state, app)
    return Change(what, Forward.SAFE, Back.COMPATIBLE)


def _judge_now_nullable(
    operation: operations.AlterField, what: str, state: ProjectState, app: str
) -> Change:
    """Judge a column that now accepts NULL, which the previous release may not expect."""
    if state.models[app, operation.model_name_lower].fields[operation.name].null:
        return Change(what, Forward.SAFE, Back.COMPATIBLE)
    why = "the release before does not expect rows without it"
    return Change(what, Forward.SAFE, Back.REVERSIBLE, why)


def _why_offline(operation: Operation, app: str, state: ProjectState, created: set[Model]) -> str:
    """Return why the previous release cannot run with a change; an empty text if it can."""
    if isinstance(operation, _SCHEMA_OF_NO_MATTER) or _model_of(operation, app) in created:
        return ""
    if isinstance(operation, operations.AddField):
        return _why_not_filled(operation.field)
    if isinstance(operation, operations.AlterField):
        before = state.models[app, operation.model_name_lower].fields[operation.name]
        return "" if _is_column_compatible(before, operation.field) else "its column changes"
    if isinstance(operation, operations.AddConstraint):
        return "the release before may store what it forbids"
    return "the release before does not know of it"


def _model_of(operation: Operation, app: str) -> Model:
    """Return the model that an operation changes: by ``model_name``, or else by ``name``."""
    name = getattr(operation, "model_name_lower", "") or getattr(operation, "name_lower", "")
    return app, name


def _why_not_filled(field: Field[Any, Any]) -> str:
    if field.many_to_many or field.null or field.db_default is not NOT_PROVIDED:
        return ""
    return "the release before stores rows without it, and the database has no default for it"


def _is_column_compatible(before: Field[Any, Any], after: Field[Any, Any]) -> bool:
    """Return whether a changed column accepts all old values and returns them unchanged."""
    old, new = _column_options(before), _column_options(after)
    if old.pop("null", False) and not new.pop("null", False):
        return False
    new.pop("null", None)
    before_length, after_length = old.pop("max_length", None), new.pop("max_length", None)
    fits = before_length == after_length or (
        before_length is not None and after_length is not None and after_length > before_length
    )
    return fits and type(before) is type(after) and old == new


def _column_options(field: Field[Any, Any]) -> dict[str, Any]:
    """Return the options of a field that define its column."""
    _name, _path, _arguments, options = field.deconstruct()
    ignored = {*field.non_db_attrs, "default", "limit_choices_to"}
    return {name: value for name, value in options.items() if name not in ignored}
