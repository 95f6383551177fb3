"""The backup program on SQLite: what it makes, what it refuses, and what it restores."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.reference_app.releases.backup.deployment import (
    Deployment,
    Members,
    migrate,
    rewrite,
    set_in_manifest,
)

DAY = 86_400
TOO_LATE = 999_999_998
"""An epoch that the clock has not reached: finishing a restore fails."""


def test_a_backup_is_restored(site: Deployment) -> None:
    site.new_group("مرحبا")
    upload = site.store_upload("abcd", "a file, ملف")
    before = upload.stat()
    archive = site.make()
    assert archive.stat().st_mode & 0o077 == 0
    site.new_group("later")
    shutil.rmtree(upload.parent)
    site.store_upload("cd01", "later")
    site.run_ok("restore", archive.name)
    assert site.titles() == ["مرحبا"]
    assert site.uploads() == {"abcd": "a file, ملف"}
    # The proxy reads files by their group; the sweep deletes files by their age.
    after = upload.stat()
    assert (after.st_mode, int(after.st_mtime)) == (before.st_mode, int(before.st_mtime))
    assert upload.parent.stat().st_mode & 0o777 == 0o750


def test_an_archive_can_be_checked_with_ordinary_programs(site: Deployment, tmp_path: Path) -> None:
    site.store_upload("abcd", "a file")
    folder = tmp_path / "unpacked"
    folder.mkdir()
    subprocess.run(["tar", "--extract", "--file", site.make()], cwd=folder, check=True)
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True)
    assert json.loads((folder / "manifest.json").read_text())["format"] == 1


def test_an_archive_is_sent_and_received_through_pipes(site: Deployment) -> None:
    site.new_group("kept")
    content = site.run_ok("make", "-")
    site.new_group("later")
    site.run_ok("check", "-", stdin=content)
    site.run_ok("restore", "-", stdin=content)
    assert site.titles() == ["kept"]
    assert site.archives == []
    assert "the archive is damaged" in site.run_refused("check", "-", stdin=content[:-20_000])


def test_sessions_and_cursors_from_before_a_restore_are_invalid_after_it(site: Deployment) -> None:
    kept = site.new_group()
    site.add_session()
    archive = site.make()
    lost = [site.new_group() for _ in range(3)]
    epochs = {1}
    for _ in range(2):
        site.run_ok("restore", archive.name)
        assert site.query("SELECT * FROM django_session") == []
        assert site.query("SELECT * FROM accounts_device") == []
        ((id_, epoch, seq),) = site.query("SELECT id, epoch, last_seq FROM chat_conversation")
        assert (id_, seq) == (kept, 40)
        assert epoch not in epochs, "pages that were ahead load all again, after each restore"
        assert isinstance(epoch, int)
        epochs.add(epoch)
        new = site.new_group()
        assert new > max(lost), "no page confuses a new conversation with a lost one"
        lost.append(new)


def test_a_backup_of_an_earlier_release_is_migrated_to_this_one(site: Deployment) -> None:
    database = site.folder / "data" / "fawran.sqlite3"
    database.unlink()
    for application in ("accounts", "chat"):
        migrate(f"sqlite:///{database}", application, "0001_initial")
    site.new_group()
    site.run_ok("restore", site.make().name)
    ((epoch,),) = site.query("SELECT epoch FROM chat_conversation")
    assert isinstance(epoch, int)
    assert epoch > 10, "higher than the migrations set it"
    ((floor,),) = site.query("SELECT seq FROM sqlite_sequence WHERE name = 'chat_file'")
    assert floor, "also for tables that the earlier release did not have"


def test_a_restore_that_cannot_finish_changes_nothing(site: Deployment) -> None:
    site.new_group("first")
    site.execute("UPDATE chat_conversation SET epoch = ?", TOO_LATE)
    archive = site.make()
    site.new_group("second")
    site.store_upload("cd01", "later")
    refusal = site.run_refused("restore", archive.name)
    assert "finish_restore failed, and nothing was changed: The backup was made of" in refusal
    assert (site.titles(), site.uploads()) == (["first", "second"], {"cd01": "later"})
    assert not list(site.folder.glob("data/fawran.new*"))


def test_a_restore_that_cannot_write_the_uploads_changes_nothing(site: Deployment) -> None:
    site.new_group("first")
    for name in ("abcd", "ef01"):
        site.store_upload(name, name)
    archive = site.make()
    site.new_group("second")
    shutil.rmtree(site.files)
    site.files.mkdir()
    (site.files / "ef").write_text("in the way")
    assert "ef" in site.run_refused("restore", archive.name)
    assert (site.titles(), site.uploads()) == (["first", "second"], {})
    assert not list(site.folder.glob("data/fawran.new*"))


def test_a_restore_adds_the_uploads_before_it_replaces_the_database(site: Deployment) -> None:
    """So a crash at any moment leaves no row without its file."""
    site.new_group("first")
    site.store_upload("abcd", "a file")
    archive = site.make()
    shutil.rmtree(site.files / "ab")
    database = site.folder / "data" / "fawran.sqlite3"
    database.unlink()
    database.mkdir()  # nothing can replace it
    (database / "in the way").touch()
    assert "fawran.sqlite3" in site.run_refused("restore", archive.name)
    assert site.uploads() == {"abcd": "a file"}


def test_a_restore_works_without_a_database_and_with_what_a_crash_left(site: Deployment) -> None:
    site.new_group("kept")
    archive = site.make()
    (site.folder / "data" / "fawran.sqlite3").write_bytes(b"not a database" * 1000)
    (site.folder / "data" / "fawran.sqlite3-wal").write_bytes(b"a journal")
    (site.folder / "data" / "fawran.new").write_bytes(b"half a database")
    (site.backups / ".working-killed").mkdir()
    site.run_ok("restore", archive.name)
    assert site.titles() == ["kept"]
    assert {path.name for path in site.backups.iterdir()} == {".lock", archive.name}


def test_a_backup_is_of_one_moment_while_somebody_writes(site: Deployment) -> None:
    site.execute("CREATE TABLE pair (left, right)")
    site.execute("INSERT INTO pair VALUES (0, 0)")
    ended = threading.Event()

    def write() -> None:
        with closing(site.database()) as writer:
            writer.execute("PRAGMA journal_mode = WAL")
            while not ended.is_set():
                with writer:
                    writer.execute("UPDATE pair SET left = left + 1")
                    writer.execute("UPDATE pair SET right = right + 1")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        archives = [site.make() for _ in range(3)]
    finally:
        ended.set()
        thread.join()
    database = site.folder / "data" / "fawran.sqlite3"
    seen = set()
    for archive in archives:
        with tarfile.open(archive) as tar:
            tar.extract("database.sqlite3", site.folder, filter="data")
        (site.folder / "database.sqlite3").replace(database)
        ((left, right),) = site.query("SELECT left, right FROM pair")
        assert left == right
        seen.add(left)
    assert len(seen) == len(archives), "somebody wrote meanwhile"


def test_every_damage_is_refused_before_anything_changes(site: Deployment) -> None:
    site.new_group("kept")
    site.store_upload("abcd", "a file" * 1000)
    archive = site.make()
    whole = archive.read_bytes()
    with tarfile.open(archive) as tar:
        places = {one.name: one.offset_data for one in tar}
    for name in ("files/ab/abcd", "database.sqlite3", "manifest.json", "SHA256SUMS"):
        place = places[name] + 20
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        refusal = site.run_refused("restore", archive.name)
        assert "damaged" in refusal
        assert "nothing was changed" in refusal
    for length in (0, 100, 2000, len(whole) // 2, places["SHA256SUMS"]):
        archive.write_bytes(whole[:length])
        assert "nothing was changed" in site.run_refused("check", archive.name)
    archive.write_text("no archive at all")
    assert "is damaged, or no backup" in site.run_refused("check", archive.name)
    assert (site.titles(), list(site.uploads())) == (["kept"], ["abcd"])


@pytest.mark.parametrize(
    "name", ["../outside", "/tmp/fawran-absolute", "files/../../x", "files/ab/.hidden", "other"]
)
def test_a_member_that_does_not_belong_to_an_archive_is_refused(
    site: Deployment, name: str
) -> None:
    archive = site.make()

    def add(members: Members) -> None:
        members[name] = b""

    rewrite(archive, add)
    assert "is damaged, or no backup" in site.run_refused("restore", archive.name)
    assert not Path("/tmp/fawran-absolute").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_link_and_a_device_are_refused(site: Deployment, kind: bytes) -> None:
    archive = site.make()
    with tarfile.open(archive, "a") as tar:
        member = tarfile.TarInfo("files/ab/abcd")
        member.type, member.linkname = kind, "/etc/passwd"
        tar.addfile(member)
    assert "is damaged, or no backup" in site.run_refused("restore", archive.name)


def test_a_newer_format_is_refused_by_its_number(site: Deployment) -> None:
    archive = site.make()
    set_in_manifest(archive, format=2, unknown_here=True)
    assert "has format 2, and this release reads format 1" in site.run_refused(
        "restore", archive.name
    )


def test_another_engine_and_a_newer_one_are_refused(site: Deployment) -> None:
    archive = site.make()
    set_in_manifest(archive, engine_version=99)
    assert "SQLite 99, and this deployment has 3" in site.run_refused("restore", archive.name)
    set_in_manifest(archive, engine="PostgreSQL")
    assert "is damaged" in site.run_refused("restore", archive.name)

    def change(members: Members) -> None:
        members["database.dump"] = members.pop("database.sqlite3")

    rewrite(archive, change)
    assert "PostgreSQL, and this deployment's is of SQLite" in site.run_refused(
        "restore", archive.name
    )


def test_a_backup_of_a_later_release_is_refused_with_its_migrations(site: Deployment) -> None:
    site.add_migration("9999_later")
    archive = site.make()
    known = json.loads(_manifest(archive))["known"]
    set_in_manifest(archive, known=[*known, "chat.9999_later"])
    assert "this one does not know chat.9999_later." in site.run_refused("restore", archive.name)


def test_a_backup_made_by_this_release_is_restored_despite_later_migrations(
    site: Deployment,
) -> None:
    site.add_migration("9999_later")
    site.new_group("kept")
    archive = site.make()
    site.run_ok("restore", archive.name)
    assert site.titles() == ["kept"]


def _manifest(archive: Path) -> bytes:
    with tarfile.open(archive) as tar:
        content = tar.extractfile("manifest.json")
        assert content is not None
        return content.read()


def test_old_archives_are_removed_but_never_the_last_ones(site: Deployment) -> None:
    made = [site.make() for _ in range(3)]
    for path in made:
        os.utime(path, (time.time() - 30 * DAY,) * 2)
    newest = site.make(FAWRAN_KEEP_DAYS="14", FAWRAN_KEEP_LEAST="2")
    assert site.archives == [made[-1], newest]
    listed = site.run_ok("list").decode().split()
    assert listed[::2] == [made[-1].name, newest.name]


def test_a_backup_before_a_restore_keeps_the_archive_to_restore(site: Deployment) -> None:
    old, *_newer = [site.make() for _ in range(3)]
    os.utime(old, (time.time() - 30 * DAY,) * 2)
    site.run_ok("check", old.name)
    site.make(FAWRAN_KEEP_LEAST="1")
    assert old in site.archives


def test_a_backup_that_fails_leaves_nothing_behind(site: Deployment) -> None:
    (site.folder / "data" / "fawran.sqlite3").unlink()
    assert "There is no database" in site.run_refused("make")
    assert [path.name for path in site.backups.iterdir()] == [".lock"]


def test_an_upload_that_is_not_complete_is_not_in_a_backup(site: Deployment) -> None:
    site.store_upload("abcd", "complete")
    site.store_upload("cd01.part", "not complete")
    with tarfile.open(site.make()) as tar:
        names = tar.getnames()
    assert names == ["manifest.json", "database.sqlite3", "files/ab/abcd", "SHA256SUMS"]


def test_the_checksum_of_a_large_upload_is_that_of_its_content(site: Deployment) -> None:
    upload = site.store_upload("abcd", "0123456789" * 300_000)
    digest = hashlib.sha256(upload.read_bytes()).hexdigest()
    with tarfile.open(site.make()) as tar:
        content = tar.extractfile("SHA256SUMS")
        assert content is not None
        assert f"{digest}  files/ab/abcd" in content.read().decode()


def test_a_missing_archive_and_a_wrong_command_or_setting_are_refused(site: Deployment) -> None:
    assert "has no never.tar" in site.run_refused("restore", "never.tar")
    for wrong in ([], ["restore"], ["dance"], ["list", "-"]):
        assert site.run(*wrong).returncode == 2
    wrong_setting = site.run("list", FAWRAN_KEEP_DAYS="-1").stderr.decode()
    assert wrong_setting == "fawran: FAWRAN_KEEP_DAYS is -1: it is a whole number.\n"
