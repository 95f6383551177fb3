"""Taking it off a host, and what is there afterwards; SQLite on the host that is bare again."""

from __future__ import annotations

from typing import Any

from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.people import say, with_people
from tests.deploy.ansible.playing import Operator
from tests.deploy.target import Account, Target

OURS = ("/opt/fawran", "/var/lib/fawran", "/etc/fawran", "/var/backups/fawran")
SQLITE: dict[str, Any] = {"fawran_database": "sqlite"}


def there(fleet: Fleet) -> list[str]:
    """Return what is there of the folders that are ours."""
    found = fleet.first("app").shell(f"ls -d {' '.join(OURS)} 2>/dev/null", must=False)
    return found.split()


def test_nothing_is_removed_unasked(operator: Operator, fleet: Fleet) -> None:
    before = there(fleet)
    assert "Nothing was removed. Say what is to go" in operator.refused("uninstall")
    assert there(fleet) == before


async def test_where_the_program_goes_what_people_wrote_stays(
    operator: Operator, fleet: Fleet, target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "Survives")
    await say(target, accounts[0], room, "written before, قبل")
    before = await target.messages(accounts[0], room)
    operator.must("uninstall", settings={"fawran_remove": "program"})
    app = fleet.first("app")
    assert app.shell("systemctl list-units --no-legend 'daphne@*' nginx fawran.target") == ""
    assert not app.shell("ls -d /opt/fawran", must=False)
    operator.must("site")
    assert await target.messages(accounts[0], room) == before
    await say(target, accounts[0], room, "and it goes on")


def test_where_everything_goes_nothing_of_ours_is_left(operator: Operator, fleet: Fleet) -> None:
    operator.must("uninstall", settings={"fawran_remove": "everything"})
    assert there(fleet) == []
    app = fleet.first("app")
    assert app.shell("pg_lsclusters --no-header", must=False) == ""
    assert app.shell("getent passwd fawran", must=False) == ""
    units = "systemctl list-unit-files --no-legend 'daphne@*' 'fawran*' redis-fawran.service"
    assert app.shell(units, must=False) == ""


async def test_sqlite_is_deployed_there_backed_up_wiped_and_restored(
    operator: Operator, fleet: Fleet
) -> None:
    operator.must("site", settings=SQLITE)
    assert operator.must("site", settings=SQLITE).changed == []
    target = with_people(fleet)
    accounts = await target.sign_in()
    room = await target.new_room(accounts, "In a file")
    for text in ("first, أولاً", "second"):
        await say(target, accounts[0], room, text)
    before = await target.messages(accounts[0], room)
    operator.must("backup", settings=SQLITE)
    archive = max((fleet.folder / "backups").glob("*.tar"), key=lambda path: path.stat().st_mtime)
    await say(target, accounts[0], room, "after the backup")
    fleet.first("app").shell(
        "systemctl stop fawran.target 'daphne@*'; find /var/lib/fawran -name '*.sqlite3*' -delete"
    )
    operator.must("restore", settings=SQLITE | {"backup_file": str(archive), "backup_first": False})
    assert await target.messages(accounts[0], room) == before
