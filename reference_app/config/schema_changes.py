"""What a migration means for a site that is used: judged before anything is changed. Pure.

While a release is put in the place of another, processes of both run on one database. So it
matters whether the old release can go on while, and after, a migration has been made; whether
something is lost by it; and whether there is a way back.
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
"""A model's application and its name, in small letters."""


class Forward(IntEnum):
    """What making a change means; the worse, the greater."""

    NONE = 0
    SAFE = 1
    OFFLINE = 2
    """The release before would fail on it: nothing may run while it is made."""
    DESTRUCTIVE = 3
    """Something that is stored is gone afterwards."""
    IRREVERSIBLE = 4


class Back(IntEnum):
    """What going back to a release without the change means; the worse, the greater."""

    NONE = 0
    COMPATIBLE = 1
    """That release runs on the database as it is."""
    REVERSIBLE = 2
    """The change has to be undone first, and what was stored by it is lost."""
    IRREVERSIBLE = 3


@dataclass(frozen=True)
class Change:
    """One operation of a migration, in words, and what it means both ways."""

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

    What happens to a model that another of them has made is of no matter: the release before
    does not know it, and nothing is stored in it yet.
    """
    made: set[Model] = set()
    judged = []
    for migration, state in steps:
        changes = []
        for operation in migration.operations:
            changes.append(_change(operation, migration.app_label, state, made))
            operation.state_forwards(migration.app_label, state)
            if isinstance(operation, operations.CreateModel):
                made.add((migration.app_label, operation.name_lower))
        judged.append(JudgedMigration(f"{migration.app_label}.{migration.name}", changes))
    return judged


def worst_forward(judged: Iterable[JudgedMigration]) -> Forward:
    """Return what making all of them means."""
    return max((one.forward for each in judged for one in each.changes), default=Forward.NONE)


def worst_back(judged: Iterable[JudgedMigration]) -> Back:
    """Return what going back to before all of them means."""
    return max((one.back for each in judged for one in each.changes), default=Back.NONE)


def _change(operation: Operation, app: str, state: ProjectState, made: set[Model]) -> Change:
    what = operation.describe()
    if isinstance(operation, operations.SeparateDatabaseAndState):
        parts = [_change(one, app, state, made) for one in operation.database_operations]
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
    if removes and _model_of(operation, app) not in made:
        return Change(
            what, Forward.DESTRUCTIVE, Back.IRREVERSIBLE, "what is stored there is gone afterwards"
        )
    why = _why_offline(operation, app, state, made)
    if why:
        return Change(what, Forward.OFFLINE, Back.REVERSIBLE, why)
    if isinstance(operation, operations.AlterField) and operation.field.null:
        return _now_optional(operation, what, state, app)
    return Change(what, Forward.SAFE, Back.COMPATIBLE)


def _now_optional(
    operation: operations.AlterField, what: str, state: ProjectState, app: str
) -> Change:
    """Judge a column that takes nothing as well, which the release before might stumble over."""
    if state.models[app, operation.model_name_lower].fields[operation.name].null:
        return Change(what, Forward.SAFE, Back.COMPATIBLE)
    why = "the release before does not expect rows without it"
    return Change(what, Forward.SAFE, Back.REVERSIBLE, why)


def _why_offline(operation: Operation, app: str, state: ProjectState, made: set[Model]) -> str:
    """Return why the release before cannot run with a change; nothing if it can."""
    if isinstance(operation, _SCHEMA_OF_NO_MATTER) or _model_of(operation, app) in made:
        return ""
    if isinstance(operation, operations.AddField):
        return _why_not_filled(operation.field)
    if isinstance(operation, operations.AlterField):
        before = state.models[app, operation.model_name_lower].fields[operation.name]
        return "" if _takes_what_it_took(before, operation.field) else "its column changes"
    if isinstance(operation, operations.AddConstraint):
        return "the release before may store what it forbids"
    return "the release before does not know of it"


def _model_of(operation: Operation, app: str) -> Model:
    """Return the model that an operation changes; for a model's own name, the model itself."""
    name = getattr(operation, "model_name_lower", "") or getattr(operation, "name_lower", "")
    return app, name


def _why_not_filled(field: Field[Any, Any]) -> str:
    if field.many_to_many or field.null or field.db_default is not NOT_PROVIDED:
        return ""
    return "the release before stores rows without it, and the database has no default for it"


def _takes_what_it_took(before: Field[Any, Any], after: Field[Any, Any]) -> bool:
    """Return whether a column takes all that it took, and gives what it gave."""
    old, new = _column(before), _column(after)
    if old.pop("null", False) and not new.pop("null", False):
        return False
    new.pop("null", None)
    shorter, longer = old.pop("max_length", None), new.pop("max_length", None)
    grows = shorter == longer or (shorter is not None and longer is not None and longer > shorter)
    return grows and type(before) is type(after) and old == new


def _column(field: Field[Any, Any]) -> dict[str, Any]:
    """Return what of a field its column is made of."""
    _name, _path, _arguments, options = field.deconstruct()
    ignored = {*field.non_db_attrs, "default", "limit_choices_to"}
    return {name: value for name, value in options.items() if name not in ignored}
