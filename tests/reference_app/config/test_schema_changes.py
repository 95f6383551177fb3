"""What a migration means for a site that is used, operation by operation."""

from __future__ import annotations

import pytest
from django.db import migrations, models
from django.db.migrations import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from reference_app.config.schema_changes import (
    Back,
    Forward,
    judge,
    worst_back,
    worst_forward,
)


def before() -> ProjectState:
    """Return models with one that has two columns."""
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
    """Return what a migration of these operations means, both ways."""
    migration = Migration("0002_next", "chat")
    migration.operations = list(changes)
    judged = judge([(migration, before())])
    return worst_forward(judged), worst_back(judged)


def note(_apps: object, _editor: object) -> None:
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
        migrations.RunPython(note, migrations.RunPython.noop),
    ],
    ids=lambda change: change.describe(),
)
def test_the_release_before_runs_on_with_what_only_adds(change: Operation) -> None:
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
def test_nothing_may_run_while_the_release_before_would_fail(change: Operation) -> None:
    assert meaning(change) == (Forward.OFFLINE, Back.REVERSIBLE)


@pytest.mark.parametrize(
    "change", [migrations.RemoveField("room", "title"), migrations.DeleteModel("Room")]
)
def test_what_is_gone_does_not_come_back(change: Operation) -> None:
    assert meaning(change) == (Forward.DESTRUCTIVE, Back.IRREVERSIBLE)


@pytest.mark.parametrize("change", [migrations.RunPython(note), migrations.RunSQL("SELECT 1")])
def test_what_cannot_be_undone_is_irreversible(change: Operation) -> None:
    assert meaning(change) == (Forward.IRREVERSIBLE, Back.IRREVERSIBLE)


def test_data_that_the_release_before_cannot_read_has_to_be_undone_on_the_way_back() -> None:
    change = migrations.RunPython(migrations.RunPython.noop, note)
    assert meaning(change) == (Forward.SAFE, Back.REVERSIBLE)


def test_rows_without_a_value_are_nothing_for_the_release_before() -> None:
    optional = migrations.AlterField("room", "size", models.IntegerField(null=True))
    assert meaning(optional) == (Forward.SAFE, Back.REVERSIBLE)


def test_a_model_that_the_same_release_has_made_is_nobody_elses() -> None:
    made = migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True))])
    filled = migrations.AddField("note", "text", models.TextField(default=""))
    assert meaning(made, filled) == (Forward.SAFE, Back.COMPATIBLE)


def test_what_the_same_release_has_made_and_takes_away_was_never_stored() -> None:
    made = migrations.CreateModel(
        "Note",
        [("id", models.BigAutoField(primary_key=True)), ("text", models.TextField())],
    )
    emptied = migrations.RemoveField("note", "text")
    assert meaning(made, emptied) == (Forward.SAFE, Back.COMPATIBLE)
    assert meaning(made, migrations.DeleteModel("Note")) == (Forward.SAFE, Back.COMPATIBLE)


def test_a_model_of_this_name_that_was_there_before_is_not_the_new_one() -> None:
    state = before()
    elsewhere = migrations.CreateModel("Room", [("id", models.BigAutoField(primary_key=True))])
    first = Migration("0001_initial", "other")
    first.operations = [elsewhere]
    second = Migration("0002_next", "chat")
    second.operations = [migrations.RemoveField("room", "title")]
    assert worst_forward(judge([(first, state.clone()), (second, state)])) is Forward.DESTRUCTIVE


def test_the_worst_of_all_counts() -> None:
    adds = migrations.AddField("room", "note", models.TextField(null=True))
    renames = migrations.RenameField("room", "title", "name")
    removes = migrations.RemoveField("room", "size")
    assert meaning(adds, renames)[0] is Forward.OFFLINE
    assert meaning(adds, renames, removes) == (Forward.DESTRUCTIVE, Back.IRREVERSIBLE)
    assert meaning() == (Forward.NONE, Back.NONE)
