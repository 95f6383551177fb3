"""The command that makes a release the current one and removes old ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.reference_app.serving.host_process.conftest import FolderHost


def link_target(host: FolderHost, name: str) -> str:
    """Return the name of the release that a link in /opt/fawran leads to."""
    return (host.root / "opt/fawran" / name).resolve(strict=True).name


def remaining(host: FolderHost) -> set[str]:
    """Return the names of the releases on the host."""
    return {path.name for path in (host.root / "opt/fawran/releases").iterdir()}


def test_the_first_release_becomes_the_current_one(host: FolderHost) -> None:
    release = host.add_release("a")
    assert host.run("settle", release, 3) == f"serves {release}\n"
    assert link_target(host, "current") == "a"
    assert not (host.root / "opt/fawran/previous").exists()


def test_the_next_release_makes_the_current_one_the_previous(host: FolderHost) -> None:
    for name in "ab":
        host.run("settle", host.add_release(name), 3)
    assert (link_target(host, "current"), link_target(host, "previous")) == ("b", "a")


def test_settling_again_changes_nothing(host: FolderHost) -> None:
    a, b = host.add_release("a"), host.add_release("b")
    for release in (a, b):
        host.run("settle", release, 3)
    (host.root / "srv").symlink_to(host.root / "opt")
    assert host.run("settle", b, 3) == ""
    assert host.run("settle", host.root / "srv/fawran/releases/b", 3) == ""
    assert link_target(host, "previous") == "a"


def test_a_missing_release_does_not_become_the_current_one(host: FolderHost) -> None:
    host.run("settle", host.add_release("a"), 3)
    missing = host.root / "opt/fawran/releases/missing"
    assert host.fail("settle", missing, 0) == f"there is no release {missing}."
    assert link_target(host, "current") == "a"
    assert remaining(host) == {"a"}


def test_the_newest_releases_are_kept(host: FolderHost) -> None:
    a, b, c, d = (host.add_release(name, age=ord("z") - ord(name)) for name in "abcd")
    host.link("previous", c)
    assert host.run("settle", d, 2) == f"serves {d}\nremoved {b}\nremoved {a}\n"
    assert remaining(host) == {"c", "d"}


def test_a_linked_release_is_never_removed(host: FolderHost) -> None:
    for age, name in enumerate(("current", "previous", "1", "legacy", "free"), start=1):
        host.add_release(name, age)
    releases = host.root / "opt/fawran/releases"
    host.link("current", releases / "current")
    host.link("previous", releases / "previous")
    host.link("process/1", releases / "1")
    host.link("process/legacy", Path("../releases/legacy"))
    host.write("opt/fawran/process/1.good", "hash\n")
    assert host.run("settle", releases / "current", 0) == f"removed {releases / 'free'}\n"
    assert remaining(host) == {"current", "previous", "1", "legacy"}


def test_a_linked_release_stays_if_its_folder_is_behind_a_link(host: FolderHost) -> None:
    (host.root / "opt").rename(host.root / "data")
    (host.root / "opt").symlink_to(host.root / "data")
    a, b = (host.add_release(name) for name in "ab")
    host.run("settle", a, 1)
    assert host.run("settle", b, 0) == f"serves {b}\n"
    assert remaining(host) == {"a", "b"}
    assert link_target(host, "previous") == "a"


def test_a_release_whose_removal_fails_is_no_longer_complete(
    host: FolderHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = host.add_release("old", age=1), host.add_release("new")
    host.run("settle", new, 2)

    def fail(folder: Path) -> None:
        raise OSError(f"{folder} is busy")

    monkeypatch.setattr(shutil, "rmtree", fail)
    assert host.fail("settle", new, 1) == f"{old} is busy"
    assert not (old / "complete").exists()
