"""Tests of the operations of scripts/deployment, on the running stack."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path
from uuid import uuid4

import httpx

from reference_app.protocol import CLOSE_UNAUTHENTICATED
from tests.deploy.docker.assertions import assert_refused
from tests.deploy.docker.stack import Stack
from tests.deploy.target import GZIP, Account, Target
from tests.reference_app.releases.backup.deployment import set_in_manifest


async def say(target: Target, account: Account, room: int, text: str) -> None:
    async with target.page(account, room) as page:
        await page.say(text, str(uuid4()))
        await page.next_of("ack")


async def assert_signed_out(target: Target, account: Account, room: int) -> None:
    """Assert that a session has ended, for requests and for WebSockets."""
    async with target.person(account).http as http:
        assert (await http.get("/api/me")).status_code == httpx.codes.UNAUTHORIZED
    page = target.page(account, room)
    page.socket = await page.connecting
    assert (await page.closed())[0] == CLOSE_UNAUTHENTICATED


def test_a_backup_of_a_later_release_is_refused_while_the_site_runs(
    stack: Stack, tmp_path: Path
) -> None:
    later = (
        "INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '9999_later', now())"
    )
    archive = tmp_path / "backup.tar"
    stack.sql(later)
    try:
        stack.run_ok("backup", str(archive))
    finally:
        stack.sql("DELETE FROM django_migrations WHERE name = '9999_later'")
    set_in_manifest(archive, known=["chat.9999_later"])
    processes = stack.containers("daphne")
    done = stack.operate("restore", str(archive))
    assert_refused(done, "this one does not know chat.9999_later")
    assert stack.containers("daphne") == processes
    assert '"ready": true' in stack.run_ok("status")
    assert stack.sql("SELECT nspname FROM pg_namespace WHERE nspname = 'restored'") == ""


async def test_a_backup_restored_into_empty_volumes_has_the_same_content(
    stack: Stack, target: Target, accounts: list[Account], tmp_path: Path
) -> None:
    room = await target.new_room(accounts, "To be kept")
    for text in ("first, أولاً", "second", "third"):
        await say(target, accounts[0], room, text)
    content = GZIP + "a file, ملف".encode()
    file = await target.send_file(accounts[0], room, content)
    before = await target.messages(accounts[0], room)
    archive = tmp_path / "backup.tar"
    stack.run_ok("backup", str(archive))
    assert archive.stat().st_mode & 0o077 == 0, "readable by its owner only"

    await say(target, accounts[0], room, "after the backup")
    lost = await target.new_room(accounts, "Made after the backup")
    stack.run_ok("stop")
    assert stack.containers(every=True) == []
    for name in ("database", "files"):
        stack.docker("volume", "rm", f"{stack.project}_{name}")
    for name in ("database", "files"):
        for one in (stack.folder / name / "data").iterdir():
            shutil.rmtree(one) if one.is_dir() else one.unlink()
    assert "there is nothing to back up" in stack.operate("restore", str(archive)).stderr
    stack.run_ok("restore", "--without-backup", str(archive))

    await assert_signed_out(target, accounts[0], room)
    accounts[:] = await target.sign_in()
    async with target.person(accounts[0]).http as http:
        changes = (await http.get(f"/api/sync?cursor={room}.1.3,{lost}.1.0")).json()
    assert [one["epoch"] > 1 for one in changes["reset"] if one["id"] == room] == [True]
    assert lost in changes["gone"]
    assert await target.new_room(accounts, "Made after the restore") > lost
    assert await target.messages(accounts[0], room) == before
    async with target.person(accounts[1]).http as http:
        assert (await http.get(f"/api/files/{file}")).content == content
    await say(target, accounts[0], room, "and it goes on")


def test_a_damaged_backup_is_refused_before_anything_changes(stack: Stack, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar"
    stack.run_ok("backup", str(archive))
    with tarfile.open(archive) as tar:
        place = tar.getmember("database.dump").offset_data + 200
    whole = archive.read_bytes()
    archive.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    people = stack.sql("SELECT count(*) FROM accounts_user")
    done = stack.operate("restore", str(archive))
    assert done.returncode == 1
    assert done.stderr.startswith("fawran: ")
    assert "damaged" in done.stderr
    assert done.stderr.count("\n") == 1
    assert stack.sql("SELECT count(*) FROM accounts_user") == people


def test_an_administrator_is_created_with_a_hashed_password(stack: Stack) -> None:
    output = stack.run_ok("create-admin", "root-of-all", stdin="correct horse battery staple\n")
    assert "1 created" in output
    row = stack.sql("SELECT is_superuser, password FROM accounts_user WHERE username='root-of-all'")
    assert row.startswith("t|pbkdf2_")
    assert "root-of-all is here already" in stack.run_ok(
        "create-admin", "root-of-all", stdin="correct horse battery staple\n"
    )
    refused = stack.operate("create-admin", "weak", stdin="1234\n")
    assert refused.returncode == 1
    assert "too short" in refused.stderr


def test_status_and_logs_are_shown(stack: Stack) -> None:
    assert '"ready": true' in stack.run_ok("status")
    assert "proxy" in stack.run_ok("logs", "proxy")


def test_an_unknown_operation_shows_the_list_of_operations(stack: Stack) -> None:
    done = stack.operate("dance")
    assert done.returncode == 2
    assert "scripts/deployment backup" in done.stdout
