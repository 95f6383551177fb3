"""Tests the syntax of playbooks, and that they refuse wrong settings before any change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.files.ansible_tree import ANSIBLE, PLAYBOOKS, ansible_playbook, read


@pytest.mark.parametrize("inventory", ["single", "multi", "legacy"])
def test_every_playbook_passes_the_syntax_check(inventory: str) -> None:
    done = ansible_playbook(
        "-i", f"inventories/{inventory}", "--syntax-check", *map(str, PLAYBOOKS)
    )
    assert done.returncode == 0, done.stderr


def test_every_playbook_begins_with_preflight() -> None:
    for path in PLAYBOOKS:
        if path.name not in {"preflight.yml", "roll.yml", "uninstall.yml"}:
            first = read(path)[0]
            assert first.get("ansible.builtin.import_playbook") == "preflight.yml", path.name


def preflight(folder: Path, *arguments: str, inventory: str = "") -> str:
    """Return the output of preflight.yml, which must fail. All hosts are this machine."""
    hosts = folder / "hosts.yml"
    hosts.write_text(inventory or SINGLE, encoding="utf-8")
    done = ansible_playbook("-i", str(hosts), "playbooks/preflight.yml", *arguments)
    assert done.returncode != 0, done.stdout
    return " ".join((done.stdout + done.stderr).split())


SINGLE = """
fawran:
  hosts: {one: {fawran_address: 127.0.0.1}}
  vars: {fawran_hosts: [chat.example], ansible_become: false, ansible_connection: local}
  children: {proxy: &one {hosts: {one: }}, app: *one, redis: *one, postgresql: *one}
"""


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("fawran_hots=[x.example]", "Unknown: fawran_hots."),
        ("app_procesess=4", "Unknown: app_procesess."),
        ("fawran_database=mysql", "value of fawran_database must be one of: postgresql, sqlite"),
        ("redis_port=many", "redis_port"),
        ("fawran_processes=0", "app_processes (or fawran_processes) is not from 1 to 64."),
        ("fawran_hosts=['*']", "fawran_hosts names the site"),
        ("fawran_files_host=two", "fawran_files_host is two, which is no application host."),
        ("fawran_revision=none-such", "fawran_revision is none-such: no commit of the checkout"),
    ],
)
def test_a_wrong_variable_is_refused_by_name(variable: str, expected: str, tmp_path: Path) -> None:
    name, _, value = variable.partition("=")
    assert expected in preflight(tmp_path, "-e", f"{{{name}: {value}}}")


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("fawran_hosts: [chat.example], ", ""), "fawran_hosts"),
        (("app: *one, ", "app: {hosts: {}}, "), "The groups app and legacy are empty."),
        (("redis: *one, ", ""), "The group redis has not exactly one host."),
        ((", postgresql: *one", ""), "The group postgresql has not exactly one host"),
    ],
)
def test_inconsistent_groups_are_refused(
    change: tuple[str, str], expected: str, tmp_path: Path
) -> None:
    assert expected in preflight(tmp_path, inventory=SINGLE.replace(*change))


@pytest.mark.long
def test_sqlite_on_several_hosts_is_refused(tmp_path: Path) -> None:
    inventory = SINGLE.replace(
        "app: *one", "app: {hosts: {one: , two: {fawran_address: 127.0.0.1}}}"
    )
    output = preflight(tmp_path, "-e", "fawran_database=sqlite", inventory=inventory)
    reason = "fawran_database is sqlite, a file of one host, but the application has several."
    assert reason in output


@pytest.mark.long
def test_uninstall_removes_nothing_without_a_choice(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.yml"
    hosts.write_text(SINGLE, encoding="utf-8")
    done = ansible_playbook("-i", str(hosts), "playbooks/uninstall.yml")
    assert done.returncode != 0
    assert "Nothing was removed. Say what is to go" in " ".join(done.stdout.split())


HANDLE_SECRETS = ("__fawran_secrets", "_secret_given", "probe_people open")


def test_secrets_are_never_shown() -> None:
    """Each task that handles one says no_log; those that write one show no difference either."""
    handled = [
        task
        for path in (ANSIBLE / "roles").glob("*/tasks/*.yml")
        for task in _tasks(read(path) or [])
        if any(
            word in str(task)
            for word in (
                "__fawran_secrets",
                "__fawran_encoded",
                "_secret_given",
                "probe_people open",
            )
        )
        and not any("include_role" in key or key == "vars" for key in task)
    ]
    assert handled
    for task in handled:
        assert task.get("no_log") is True, task["name"]
        if any(key.endswith((".copy", ".template")) for key in task):
            assert task.get("diff") is False, task["name"]


def _tasks(tasks: list[dict[str, object]]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for task in tasks:
        inner = [task.get(key) for key in ("block", "rescue", "always")]
        if any(inner):
            for part in inner:
                found += _tasks(part) if isinstance(part, list) else []
        else:
            found.append(task)
    return found


def test_a_path_of_a_backup_begins_where_the_playbook_is_called(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(SINGLE, encoding="utf-8")
    (tmp_path / "check.yml").write_text(CHECK_OF_A_BACKUP, encoding="utf-8")
    done = ansible_playbook(
        "-i", str(tmp_path / "hosts.yml"), str(tmp_path / "check.yml"), PWD="/call/ed"
    )
    output = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    assert "backup_file is backups/none.tar, and /call/ed/backups/none.tar does not exist" in output


CHECK_OF_A_BACKUP = """
- hosts: one
  gather_facts: false
  vars: {backup_file: backups/none.tar}
  tasks: [{ansible.builtin.import_role: {name: backup, tasks_from: check}}]
"""
