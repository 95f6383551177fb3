"""The folder of a site's own data: database, keys, logs, static files."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from reference_app.runtime.environment import ROOT
from reference_app.serving.processes import ServingError

SHORTEST_KEY = 50


def data_dir() -> Path:
    """Return the folder that FAWRAN_DATA_DIR names; create it if needed, for this user only.

    Raises:
        ServingError: the folder cannot be created or written to.
    """
    folder = Path(os.environ.get("FAWRAN_DATA_DIR") or ROOT / "var").resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error.strerror) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(folder, "Permission denied")
    return folder


def secret_key(folder: Path) -> str:
    """Return the demo's secret key, created on first use and readable by this user only.

    Raises:
        ServingError: the key cannot be read or written.
    """
    path = folder / "secret-key"
    try:
        if not path.exists() or path.stat().st_size < SHORTEST_KEY:
            # Written to another file, then renamed: a half-written key would be used forever.
            temporary = path.with_suffix(f".{os.getpid()}")
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(64))
            temporary.replace(path)
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error.strerror) from None


def _unwritable(folder: Path, why: str | None) -> ServingError:
    return ServingError(
        f"{folder} cannot be written to: {why}. Name another folder in FAWRAN_DATA_DIR."
    )
