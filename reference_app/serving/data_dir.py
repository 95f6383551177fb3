"""The folder in which a site keeps what is its own: database, keys, logs, static files."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from reference_app.config.environment import ROOT
from reference_app.serving.processes import ServingError

SHORTEST_KEY = 50


def data_dir() -> Path:
    """Return the folder that FAWRAN_DATA_DIR names, made at need for this user alone.

    Raises:
        ServingError: it cannot be made or written to.
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
    """Return the demo's own key, made on first use; readable by this user only.

    Raises:
        ServingError: it cannot be read or written.
    """
    path = folder / "secret-key"
    try:
        if not path.exists() or path.stat().st_size < SHORTEST_KEY:
            # Made aside and renamed: a key that is half written would be used ever after.
            aside = path.with_suffix(f".{os.getpid()}")
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(64))
            aside.replace(path)
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error.strerror) from None


def _unwritable(folder: Path, why: str | None) -> ServingError:
    return ServingError(
        f"{folder} cannot be written to: {why}. Name another folder in FAWRAN_DATA_DIR."
    )
