"""Tests that docs/ansible.md names every playbook, and that the tests run its commands."""

from __future__ import annotations

import re

from reference_app.runtime.environment import ROOT
from tests.docs import documents

DOCUMENT = (ROOT / "docs/ansible.md").read_text(encoding="utf-8")
COMMANDS = list(documents.commands(DOCUMENT))
TESTS = "".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "tests/deploy/ansible").rglob("*.py")
)
SHARED = {"preflight", "roll"}
"""Playbooks that others import, and that are not run alone."""


def documented_playbooks() -> set[str]:
    """Return the playbooks that docs/ansible.md has a command for."""
    words = [word for command in COMMANDS for word in command]
    return set(re.findall(r"playbooks/(\w[\w-]*)\.yml", " ".join(words)))


def test_every_playbook_is_documented() -> None:
    existing = {path.stem for path in (ROOT / "ansible/playbooks").glob("*.yml")}
    assert documented_playbooks() == existing - SHARED


def test_every_playbook_is_run_by_the_tests() -> None:
    for name in documented_playbooks():
        assert re.search(rf'operator\.run(_ok)?[(,]\s*"{name}"', TESTS), name


def test_every_variable_of_a_command_is_given_by_the_tests() -> None:
    given = re.findall(r"(\w+)=", " ".join(word for command in COMMANDS for word in command))
    assert given
    for name in given:
        assert f'"{name}"' in TESTS, name


def test_every_inventory_of_a_command_is_tested() -> None:
    script = (ROOT / "scripts/dev/deploy-test-ansible").read_text(encoding="utf-8")
    for name in re.findall(r"inventories/(\w+)", DOCUMENT):
        assert f"on_hosts {name}-" in script, name
