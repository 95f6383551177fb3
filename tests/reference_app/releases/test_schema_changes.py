"""What each operation of a migration means for a site that is in use."""

from __future__ import annotations

import pytest
from django.db import migrations, models
from django.db.migrations import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from reference_app.releases.schema_changes import Back, Forward, judge, worst_back, worst_forward


def before() -> ProjectState:
    """Return the state before the migration: one model with two columns."""
    state = ProjectState()
    migrations.CreateModel(
        "Room",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("title", models.CharField("title", max_length=80)),
            ("size", models.IntegerField()),
        ],
    ).state_forwards("chat", state)
    return state


def meaning(*changes: Operation) -> tuple[Forward, Back]:
    """Return what a migration of these operations means, forward and back."""
    migration = Migration("0002_next", "chat")
    migration.operations = list(changes)
    judged = judge([(migration, before())])
    return worst_forward(judged), worst_back(judged)


def fill(_apps: object, _editor: object) -> None:
    """Change data."""


@pytest.mark.parametrize(
    "change",
    [
        migrations.AddField("room", "note", models.TextField(null=True)),
        migrations.AddField("room", "note", models.TextField(default="", db_default="")),
        migrations.AddField("room", "people", models.ManyToManyField("chat.Room")),
        migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddIndex("room", models.Index(fields=["size"], name="by_size")),
        migrations.AlterModelOptions("room", {"verbose_name": "place"}),
        migrations.AlterField("room", "title", models.CharField("name of it", max_length=80)),
        migrations.AlterField("room", "title", models.CharField(max_length=120)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ],
    ids=lambda change: change.describe(),
)
def test_additions_are_safe_and_compatible_with_the_earlier_release(change: Operation) -> None:
    assert meaning(change) == (Forward.SAFE, Back.COMPATIBLE)


@pytest.mark.parametrize(
    "change",
    [
        migrations.AddField("room", "note", models.TextField(default="")),
        migrations.AlterField("room", "title", models.CharField(max_length=40)),
        migrations.AlterField("room", "size", models.BigIntegerField()),
        migrations.RenameField("room", "title", "name"),
        migrations.RenameModel("Room", "Place"),
        migrations.AddConstraint(
            "room", models.UniqueConstraint(fields=["title"], name="title_once")
        ),
        migrations.RunSQL("SELECT 1", "SELECT 2"),
    ],
    ids=lambda change: change.describe(),
)
def test_changes_that_break_the_earlier_release_are_offline(change: Operation) -> None:
    assert meaning(change) == (Forward.OFFLINE, Back.REVERSIBLE)


@pytest.mark.parametrize(
    "change", [migrations.RemoveField("room", "title"), migrations.DeleteModel("Room")]
)
def test_removals_are_destructive_and_irreversible(change: Operation) -> None:
    assert meaning(change) == (Forward.DESTRUCTIVE, Back.IRREVERSIBLE)


@pytest.mark.parametrize("change", [migrations.RunPython(fill), migrations.RunSQL("SELECT 1")])
def test_operations_without_a_reverse_are_irreversible(change: Operation) -> None:
    assert meaning(change) == (Forward.IRREVERSIBLE, Back.IRREVERSIBLE)


def test_a_change_of_data_with_a_reverse_has_to_be_undone_on_the_way_back() -> None:
    change = migrations.RunPython(migrations.RunPython.noop, fill)
    assert meaning(change) == (Forward.SAFE, Back.REVERSIBLE)


def test_a_column_that_becomes_nullable_has_to_be_undone_on_the_way_back() -> None:
    optional = migrations.AlterField("room", "size", models.IntegerField(null=True))
    assert meaning(optional) == (Forward.SAFE, Back.REVERSIBLE)


def test_changes_of_a_model_that_the_same_release_creates_are_safe() -> None:
    made = migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True))])
    filled = migrations.AddField("note", "text", models.TextField(default=""))
    assert meaning(made, filled) == (Forward.SAFE, Back.COMPATIBLE)


def test_removals_of_what_the_same_release_creates_are_safe() -> None:
    made = migrations.CreateModel(
        "Note",
        [("id", models.BigAutoField(primary_key=True)), ("text", models.TextField())],
    )
    emptied = migrations.RemoveField("note", "text")
    assert meaning(made, emptied) == (Forward.SAFE, Back.COMPATIBLE)
    assert meaning(made, migrations.DeleteModel("Note")) == (Forward.SAFE, Back.COMPATIBLE)


def test_a_model_of_another_app_with_the_same_name_is_not_the_new_one() -> None:
    state = before()
    elsewhere = migrations.CreateModel("Room", [("id", models.BigAutoField(primary_key=True))])
    first = Migration("0001_initial", "other")
    first.operations = [elsewhere]
    second = Migration("0002_next", "chat")
    second.operations = [migrations.RemoveField("room", "title")]
    assert worst_forward(judge([(first, state.clone()), (second, state)])) is Forward.DESTRUCTIVE


def test_the_worst_operation_decides() -> None:
    adds = migrations.AddField("room", "note", models.TextField(null=True))
    renames = migrations.RenameField("room", "title", "name")
    removes = migrations.RemoveField("room", "size")
    assert meaning(adds, renames)[0] is Forward.OFFLINE
    assert meaning(adds, renames, removes) == (Forward.DESTRUCTIVE, Back.IRREVERSIBLE)
    assert meaning() == (Forward.NONE, Back.NONE)
