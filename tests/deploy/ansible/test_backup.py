"""What was backed up comes back, after all of it was lost."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from pathlib import Path

import httpx
import pytest

from reference_app.chat.protocol import CLOSE_UNAUTHENTICATED
from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.people import say
from tests.deploy.ansible.playing import Operator
from tests.deploy.target import Account, Target

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
    """See that a session has ended, for requests and for pages."""
    async with target.person(account).http as http:
        assert (await http.get("/api/me")).status_code == httpx.codes.UNAUTHORIZED
    page = target.page(account, room)
    page.socket = await page.connecting
    assert (await page.closed())[0] == CLOSE_UNAUTHENTICATED


@pytest.fixture
def archive(operator: Operator, fleet: Fleet) -> Path:
    """A backup of now, brought here."""
    folder = fleet.folder / "backups"
    before = set(folder.glob("*.tar"))
    operator.must("backup")
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
    operator.must("backup")
    archive = max(folder.glob("*.tar"))
    assert archive.stat().st_mode & 0o077 == 0, "its owner's alone"
    app = fleet.first("app")
    stored = app.shell(f"cd {FILES} && find . -type f -exec sha256sum {{}} + | sort")

    await say(target, accounts[0], room, "after the backup")
    lost = await target.new_room(accounts, "Made after the backup")
    app.shell(f"systemctl stop fawran.target 'daphne@*'; find {FILES} -mindepth 1 -delete")
    fleet.first("postgresql").shell(
        "runuser -u postgres -- psql --dbname=fawran --command='DROP SCHEMA public CASCADE; "
        "CREATE SCHEMA public; ALTER SCHEMA public OWNER TO pg_database_owner'"
    )
    operator.must("restore", settings={"backup_file": str(archive), "backup_first": False})

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


def test_a_damaged_backup_is_refused_before_anything_is_changed(
    operator: Operator, fleet: Fleet, archive: Path, tmp_path: Path
) -> None:
    whole = archive.read_bytes()
    place = whole.index(b"PGDMP") + 200
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    since = fleet.first("app").run("systemctl", "show", "-P", "ActiveEnterTimestamp", "daphne@1")
    said = operator.refused("restore", settings={"backup_file": str(damaged)})
    assert "damaged.tar is damaged (database.dump): nothing was changed." in said
    assert since == fleet.first("app").run(
        "systemctl", "show", "-P", "ActiveEnterTimestamp", "daphne@1"
    )


def of_another_revision(archive: Path, folder: Path) -> Path:
    """Return a copy of a backup that says that another release has made it."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    manifest, sums = folder / "manifest.json", folder / "SHA256SUMS"
    before = hashlib.sha256(manifest.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"revision": "f" * 40}))
    after = hashlib.sha256(manifest.read_bytes()).hexdigest()
    sums.write_text(sums.read_text().replace(before, after))
    names = [sums.name, *(line.split()[1] for line in sums.read_text().splitlines())]
    copy = folder / archive.name
    with tarfile.open(copy, "w") as tar:
        for name in names:
            tar.add(folder / name, name)
    return copy


def test_a_backup_of_a_later_release_is_refused_by_name(
    operator: Operator, fleet: Fleet, tmp_path: Path
) -> None:
    postgresql = fleet.first("postgresql")

    def sql(statement: str) -> None:
        postgresql.run(
            *("runuser", "-u", "postgres", "--", "psql", "--dbname=fawran", "--command", statement)
        )

    sql("INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '9999_later', now())")
    operator.must("backup")
    sql("DELETE FROM django_migrations WHERE name = '9999_later'")
    mine = max((fleet.folder / "backups").glob("*.tar"))
    archive = of_another_revision(mine, tmp_path)
    said = operator.refused("restore", settings={"backup_file": str(archive)})
    assert re.search(r"is of a later release: this one does not know .*chat\.9999_later\.", said)


def test_a_backup_that_is_not_there_is_refused(operator: Operator) -> None:
    said = operator.refused("restore", settings={"backup_file": "fawran-never.tar"})
    assert "/var/backups/fawran has no fawran-never.tar" in said
    assert "backup_file is missing" in operator.refused("restore")


def test_a_backup_holds_what_its_checksums_say(archive: Path, tmp_path: Path) -> None:

    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    for line in (tmp_path / "SHA256SUMS").read_text().splitlines():
        wanted, name = line.split()
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == wanted
