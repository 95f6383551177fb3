"""A deployment for the tests of backups: its folders, its database, and the backup program."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from reference_app.runtime.environment import ROOT

Members = dict[str, bytes]


@dataclass(frozen=True)
class Deployment:
    """The folders of a deployment, and its database: SQLite, or PostgreSQL with a URL."""

    folder: Path
    url: str = ""

    @property
    def backups(self) -> Path:
        """Return the folder of the archives."""
        return self.folder / "backups"

    @property
    def archives(self) -> list[Path]:
        """Return the archives, oldest first."""
        return sorted(self.backups.glob("*.tar"))

    @property
    def files(self) -> Path:
        """Return the folder of the uploads."""
        return self.folder / "data" / "files"

    def run(
        self, *arguments: str, stdin: bytes | None = None, **env: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the backup program, as the deployments do: without the application's secrets."""
        if self.url:
            (self.folder / "url").write_text(self.url)
            env |= {"DATABASE_URL_FILE": str(self.folder / "url")}
        return subprocess.run(
            [sys.executable, "-m", "reference_app.releases.backup", *arguments],
            env={
                "PATH": os.environ["PATH"],
                "FAWRAN_BACKUPS": str(self.backups),
                "FAWRAN_DATA_DIR": str(self.folder / "data"),
            }
            | env,
            cwd=ROOT,
            input=stdin,
            capture_output=True,
        )

    def run_ok(self, *arguments: str, stdin: bytes | None = None, **env: str) -> bytes:
        """Run the program, which must succeed; return its output."""
        done = self.run(*arguments, stdin=stdin, **env)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def run_refused(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Run the program, which must fail with one line; return the line."""
        done = self.run(*arguments, stdin=stdin)
        line = done.stderr.decode()
        assert (done.returncode, line[:8], line.count("\n")) == (1, "fawran: ", 1), line
        return line

    def make(self, **env: str) -> Path:
        """Make an archive; return its path."""
        return Path(json.loads(self.run_ok("make", **env))["path"])

    def store_upload(self, name: str, content: str) -> Path:
        """Store an upload under a name, with the modes of the application; return its path."""
        path = self.files / name[:2] / name
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o640)
        return path

    def uploads(self) -> dict[str, str]:
        """Return the content of each upload by its name."""
        return {path.name: path.read_text() for path in self.files.glob("??/*")}

    def execute(self, statement: str, *values: object) -> int:
        """Execute a statement in SQLite; return the id of the row that it stored, or 0."""
        with closing(self.database()) as database, database:
            return database.execute(statement, values).lastrowid or 0

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Return the rows of a query in SQLite."""
        with closing(self.database()) as database:
            return database.execute(statement).fetchall()

    def titles(self) -> list[object]:
        """Return the titles of the conversations."""
        return [title for (title,) in self.query("SELECT title FROM chat_conversation ORDER BY id")]

    def new_group(self, title: str = "Room") -> int:
        """Store a conversation; return its id."""
        return self.execute(
            "INSERT INTO chat_conversation (kind, title, epoch, last_seq, created_at)"
            " VALUES ('group', ?, 1, 40, '2026-01-01')",
            title,
        )

    def add_session(self) -> None:
        """Store a person with a session and its device."""
        person = self.execute(
            "INSERT INTO accounts_user (password, is_superuser, username, first_name, last_name,"
            " email, is_staff, is_active, date_joined, display_name, about)"
            " VALUES ('', 0, 'amal', '', '', '', 0, 1, '2026-01-01', '', '')"
        )
        self.execute("INSERT INTO django_session VALUES ('key', 'data', '2999-01-01')")
        self.execute(
            "INSERT INTO accounts_device (user_id, session_key, agent, signed_in, last_used)"
            " VALUES (?, 'key', '', '2026-01-01', '2026-01-01')",
            person,
        )

    def add_migration(self, name: str) -> None:
        """Record a migration in the database."""
        self.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('chat', ?, '2026-01-01')",
            name,
        )

    def database(self) -> sqlite3.Connection:
        """Open the SQLite database."""
        return sqlite3.connect(self.folder / "data" / "fawran.sqlite3")


def migrate(url: str, *where: str) -> None:
    """Migrate a database to this release, or one application to a given migration."""
    subprocess.run(
        [sys.executable, ROOT / "manage.py", "migrate", "--verbosity", "0", *where],
        env=os.environ | {"DATABASE_URL": url},
        check=True,
    )


def rewrite(archive: Path, change: Callable[[Members], None]) -> None:
    """Change the members of an archive, and write the checksums that fit to them."""
    with tarfile.open(archive) as tar:
        members = {one.name: (tar.extractfile(one) or io.BytesIO()).read() for one in tar}
    change(members)
    members.pop("SHA256SUMS")
    members["SHA256SUMS"] = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in members.items()
    ).encode()
    with tarfile.open(archive, "w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def set_in_manifest(archive: Path, **values: object) -> None:
    """Change fields of an archive's manifest."""

    def change(members: Members) -> None:
        manifest = json.loads(members["manifest.json"]) | values
        members["manifest.json"] = json.dumps(manifest).encode()

    rewrite(archive, change)
