"""Migrations to this release and back to an earlier one: how they are planned and applied."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import axes
import pytest

from reference_app.runtime.environment import ROOT

Manage = Callable[..., str]


@pytest.fixture
def manage(tmp_path: Path) -> Manage:
    """Return a function that runs management commands on a separate database."""
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path / 'site.sqlite3'}"}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def release(folder: Path, chat: int) -> Path:
    """Create the folder of a release that has only the chat's first migrations."""
    for app in ("accounts", "chat"):
        at = folder / "reference_app" / app / "migrations"
        at.mkdir(parents=True)
        for path in (ROOT / "reference_app" / app / "migrations").glob("0*.py"):
            if app == "accounts" or int(path.name[:4]) <= chat:
                shutil.copy(path, at)
    return folder


def plan(manage: Manage, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(manage("migration_plan", *arguments))
    return found


def test_a_database_of_this_release_has_an_empty_plan(manage: Manage) -> None:
    manage("migrate", "--verbosity", "0")
    assert plan(manage) == {"forward": "none", "back": "none", "migrations": []}


def test_the_plan_lists_due_migrations_in_order_and_changes_nothing(manage: Manage) -> None:
    manage("migrate", "chat", "0002", "--verbosity", "0")
    planned = plan(manage)
    names = [one["name"] for one in planned["migrations"]]
    assert names[names.index("chat.0003_acts") + 1 :].count("chat.0004_people") == 1
    assert planned["forward"] == "offline"
    added = next(
        change
        for migration in planned["migrations"]
        for change in migration["changes"]
        if change["what"] == "Add field is_annotated to message"
    )
    assert added["forward"] == "offline"
    assert "without it" in added["why"]
    assert plan(manage) == planned


def test_the_tables_of_the_throttle_are_added_and_kept_without_an_interruption(
    manage: Manage, tmp_path: Path
) -> None:
    manage("migrate", "--verbosity", "0")
    manage("migrate", "axes", "zero", "--verbosity", "0")
    due = plan(manage)
    assert {one["name"].partition(".")[0] for one in due["migrations"]} == {"axes"}
    assert (due["forward"], due["back"]) == ("safe", "compatible")
    manage("migrate", "--verbosity", "0")
    before = release(tmp_path / "before", chat=99)
    assert plan(manage, "--back-to", str(before))["back"] == "none"
    assert manage("migrate_back", str(before)) == ""


def test_the_way_back_is_planned_and_taken(manage: Manage, tmp_path: Path) -> None:
    manage("migrate", "--verbosity", "0")
    before = release(tmp_path / "before", chat=4)
    assert plan(manage, "--back-to", str(before))["migrations"] != []
    assert "chat is at 0004_people." in manage("migrate_back", str(before))
    assert plan(manage, "--back-to", str(before))["migrations"] == []
    assert plan(manage)["migrations"] != []


def test_the_migration_of_the_sites_prefix_is_safe_and_compatible(
    manage: Manage, tmp_path: Path
) -> None:
    manage("migrate", "--verbosity", "0")
    manage("migrate_back", str(release(tmp_path / "before", chat=6)))
    planned = plan(manage)
    assert "chat.0007_site" in [one["name"] for one in planned["migrations"]]
    assert (planned["forward"], planned["back"]) == ("safe", "compatible")
    manage("migrate", "--verbosity", "0")
    code = "from reference_app.chat.fanout.site_prefix import site_prefix; print(site_prefix())"
    assert manage("shell", "--no-imports", "-c", code).startswith("fawran-")


def test_a_librarys_migrations_are_undone_as_far_as_the_release_has_them(
    manage: Manage, tmp_path: Path
) -> None:
    manage("migrate", "--verbosity", "0")
    before = release(tmp_path / "before", chat=99)
    library = before / "venv/lib/python3.11/site-packages/axes/migrations"
    library.mkdir(parents=True)
    for path in (Path(axes.__file__).parent / "migrations").glob("000*.py"):
        shutil.copy(path, library)
    names = [one["name"] for one in plan(manage, "--back-to", str(before))["migrations"]]
    assert names == ["axes.0010_accessattemptexpiration"]
    assert "axes is at 0009_add_session_hash." in manage("migrate_back", str(before))


def test_a_folder_without_a_release_is_refused(manage: Manage, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="has no release in it"):
        manage("migrate_back", str(tmp_path))
