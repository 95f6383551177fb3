"""Tests of backup and restore on hosts, after all data was lost."""

from __future__ import annotations

import hashlib
import re
import shutil
import tarfile
from pathlib import Path

import httpx
import pytest

from reference_app.protocol import CLOSE_UNAUTHENTICATED
from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.people import say
from tests.deploy.ansible.playbooks import Operator
from tests.deploy.target import Account, Target
from tests.reference_app.releases.backup.deployment import set_in_manifest

FILES = "/var/lib/fawran/files"


async def upload(target: Target, account: Account, room: int, content: bytes) -> str:
    """Upload a file to a room; return its id."""
    person = target.person(account)
    answer = await person.http.post(
        f"/api/conversations/{room}/files",
        files={"file": ("notes.txt", content, "text/plain")},
        headers={
            "X-CSRFToken": account.cookies.get("csrftoken", ""),
            "Referer": target.site.url,
        },
    )
    await person.http.aclose()
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


async def assert_signed_out(target: Target, account: Account, room: int) -> None:
    """Assert that a session has ended, for requests and for WebSockets."""
    async with target.person(account).http as http:
        assert (await http.get("/api/me")).status_code == httpx.codes.UNAUTHORIZED
    page = target.page(account, room)
    page.socket = await page.connecting
    assert (await page.closed())[0] == CLOSE_UNAUTHENTICATED


@pytest.fixture
def archive(operator: Operator, fleet: Fleet) -> Path:
    """Return a new backup, fetched from the host."""
    folder = fleet.folder / "backups"
    before = set(folder.glob("*.tar"))
    operator.run_ok("backup")
    (made,) = set(folder.glob("*.tar")) - before
    return made


async def test_a_backup_restored_after_everything_was_lost_has_the_same_content(
    operator: Operator, fleet: Fleet, target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "To be kept")
    for text in ("first, أولاً", "second", "third"):
        await say(target, accounts[0], room, text)
    file = await upload(target, accounts[0], room, "notes, ملاحظات".encode())
    before = await target.messages(accounts[0], room)
    folder = fleet.folder / "backups"
    operator.run_ok("backup")
    archive = max(folder.glob("*.tar"))
    assert archive.stat().st_mode & 0o077 == 0, "readable by its owner only"
    app = fleet.first("app")
    stored = app.shell(f"cd {FILES} && find . -type f -exec sha256sum {{}} + | sort")

    await say(target, accounts[0], room, "after the backup")
    lost = await target.new_room(accounts, "Made after the backup")
    app.shell(f"systemctl stop fawran.target 'daphne@*'; find {FILES} -mindepth 1 -delete")
    fleet.first("postgresql").shell(
        "runuser -u postgres -- psql --dbname=fawran --command='DROP SCHEMA public CASCADE; "
        "CREATE SCHEMA public; ALTER SCHEMA public OWNER TO pg_database_owner'"
    )
    operator.run_ok("restore", settings={"backup_file": str(archive), "backup_first": False})

    await assert_signed_out(target, accounts[0], room)
    accounts[:] = await target.sign_in()
    async with target.person(accounts[0]).http as http:
        changes = (await http.get(f"/api/sync?cursor={room}.1.3,{lost}.1.0")).json()
    assert [one["epoch"] > 1 for one in changes["reset"] if one["id"] == room] == [True]
    assert lost in changes["gone"]
    assert await target.new_room(accounts, "Made after the restore") > lost
    assert await target.messages(accounts[0], room) == before
    assert app.shell(f"cd {FILES} && find . -type f -exec sha256sum {{}} + | sort") == stored
    person = target.person(accounts[0])
    assert (await person.http.get(f"/api/files/{file}")).content == "notes, ملاحظات".encode()
    await person.http.aclose()
    await say(target, accounts[0], room, "and it goes on")


def test_a_damaged_backup_is_refused_before_anything_changes(
    operator: Operator, fleet: Fleet, archive: Path, tmp_path: Path
) -> None:
    whole = archive.read_bytes()
    place = whole.index(b"PGDMP") + 200
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    since = fleet.first("app").run("systemctl", "show", "-P", "ActiveEnterTimestamp", "daphne@1")
    output = operator.run_refused("restore", settings={"backup_file": str(damaged)})
    assert "damaged.tar is damaged (database.dump): nothing was changed." in output
    assert since == fleet.first("app").run(
        "systemctl", "show", "-P", "ActiveEnterTimestamp", "daphne@1"
    )


def test_a_backup_of_a_later_release_is_refused_by_name(
    operator: Operator, fleet: Fleet, tmp_path: Path
) -> None:
    postgresql = fleet.first("postgresql")

    def sql(statement: str) -> None:
        postgresql.run(
            *("runuser", "-u", "postgres", "--", "psql", "--dbname=fawran", "--command", statement)
        )

    sql("INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '9999_later', now())")
    operator.run_ok("backup")
    sql("DELETE FROM django_migrations WHERE name = '9999_later'")
    own = max((fleet.folder / "backups").glob("*.tar"))
    archive = Path(shutil.copy(own, tmp_path))
    set_in_manifest(archive, known=["chat.9999_later"])
    output = operator.run_refused("restore", settings={"backup_file": str(archive)})
    assert re.search(r"is of a later release: this one does not know .*chat\.9999_later\.", output)


def test_a_missing_backup_is_refused(operator: Operator) -> None:
    output = operator.run_refused("restore", settings={"backup_file": "fawran-never.tar"})
    assert "/var/backups/fawran has no fawran-never.tar" in output
    assert "backup_file is missing" in operator.run_refused("restore")


def test_a_backup_matches_its_checksums(archive: Path, tmp_path: Path) -> None:

    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    for line in (tmp_path / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
