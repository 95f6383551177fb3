"""The current release: its migrations, and the commands that finish a restored database."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from reference_app.releases.backup.errors import BackupError
from reference_app.runtime.environment import ROOT


def known_migrations() -> frozenset[str]:
    """Return the names of this release's own migrations, for example chat.0001_initial."""
    return frozenset(
        f"{path.parent.parent.name}.{path.stem}"
        for path in ROOT.glob("reference_app/*/migrations/[0-9]*.py")
    )


def unknown_migrations(applied: tuple[str, ...]) -> list[str]:
    """Return those of the applied migrations that a later release has added to this project."""
    known = known_migrations()
    ours = {name.partition(".")[0] for name in known}
    return sorted(name for name in applied if name.partition(".")[0] in ours and name not in known)


def finish_restored(database: Mapping[str, str], scratch: Path) -> None:
    """Migrate a restored database to this release, and finish it (`manage.py finish_restore`).

    Cursors, ids and sessions of the discarded history are invalid in it afterwards.

    Args:
        database: environment variables that select the restored database.
        scratch: a folder for temporary files.

    Raises:
        BackupError: a command failed; the message contains the reason.
    """
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONDONTWRITEBYTECODE": "1",
        # The settings require a key and hosts. These commands sign nothing and answer no request.
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "localhost",
        # Django creates its file cache there; the release's own folder may be read-only.
        "FAWRAN_DATA_DIR": str(scratch),
        **database,
    }
    for command in (["migrate", "--verbosity", "0"], ["finish_restore"]):
        done = subprocess.run(
            [sys.executable, ROOT / "manage.py", *command],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
            why = lines[-1] if lines[0].startswith("Traceback") else lines[0]
            raise BackupError(
                f"{command[0]} failed, and nothing was changed: {why.removeprefix('fawran: ')}"
            )
