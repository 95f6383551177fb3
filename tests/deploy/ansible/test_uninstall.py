"""Tests of uninstalling, and of a deployment with SQLite on the host that is bare again."""

from __future__ import annotations

from typing import Any

from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.people import say, target_with_people
from tests.deploy.ansible.playbooks import Operator
from tests.deploy.target import Account, Target

OURS = ("/opt/fawran", "/var/lib/fawran", "/etc/fawran", "/var/backups/fawran")
SQLITE: dict[str, Any] = {"fawran_database": "sqlite"}


def existing_folders(fleet: Fleet) -> list[str]:
    """Return which of our folders exist."""
    found = fleet.first("app").shell(f"ls -d {' '.join(OURS)} 2>/dev/null", check=False)
    return found.split()


def test_uninstall_removes_nothing_without_a_choice(operator: Operator, fleet: Fleet) -> None:
    before = existing_folders(fleet)
    assert "Nothing was removed. Say what is to go" in operator.run_refused("uninstall")
    assert existing_folders(fleet) == before


async def test_removing_the_program_keeps_the_messages(
    operator: Operator, fleet: Fleet, target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "Survives")
    await say(target, accounts[0], room, "written before, قبل")
    before = await target.messages(accounts[0], room)
    operator.run_ok("uninstall", settings={"fawran_remove": "program"})
    app = fleet.first("app")
    assert app.shell("systemctl list-units --no-legend 'daphne@*' nginx fawran.target") == ""
    assert not app.shell("ls -d /opt/fawran", check=False)
    operator.run_ok("site")
    assert await target.messages(accounts[0], room) == before
    await say(target, accounts[0], room, "and it goes on")


def test_removing_everything_leaves_nothing_of_ours(operator: Operator, fleet: Fleet) -> None:
    operator.run_ok("uninstall", settings={"fawran_remove": "everything"})
    assert existing_folders(fleet) == []
    app = fleet.first("app")
    assert app.shell("pg_lsclusters --no-header", check=False) == ""
    assert app.shell("getent passwd fawran", check=False) == ""
    units = "systemctl list-unit-files --no-legend 'daphne@*' 'fawran*' redis-fawran.service"
    assert app.shell(units, check=False) == ""


async def test_sqlite_is_deployed_backed_up_wiped_and_restored(
    operator: Operator, fleet: Fleet
) -> None:
    operator.run_ok("site", settings=SQLITE)
    assert operator.run_ok("site", settings=SQLITE).changed == []
    target = target_with_people(fleet)
    accounts = await target.sign_in()
    room = await target.new_room(accounts, "In a file")
    for text in ("first, أولاً", "second"):
        await say(target, accounts[0], room, text)
    before = await target.messages(accounts[0], room)
    operator.run_ok("backup", settings=SQLITE)
    archive = max((fleet.folder / "backups").glob("*.tar"), key=lambda path: path.stat().st_mtime)
    await say(target, accounts[0], room, "after the backup")
    fleet.first("app").shell(
        "systemctl stop fawran.target 'daphne@*'; find /var/lib/fawran -name '*.sqlite3*' -delete"
    )
    operator.run_ok(
        "restore", settings=SQLITE | {"backup_file": str(archive), "backup_first": False}
    )
    assert await target.messages(accounts[0], room) == before
