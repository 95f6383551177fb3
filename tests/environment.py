"""Pytest plugin that sets the environment of the tests: production settings, temporary data.

``pyproject.toml`` loads it by ``-p``, before pytest-django loads Django's settings. A worker of
pytest-xdist inherits the environment of the first process, so that without this plugin all workers
would use one data folder.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

DATA_DIR = Path(tempfile.mkdtemp(prefix="fawran-tests-"))
"""The data folder of this process: its database, uploads, caches."""

atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)

# Settings of a site in the developer's shell must not reach the tests.
for name in (
    "DEBUG",
    "REDIS_URL",
    "FAWRAN_REDIS_PREFIX",
    "DATABASE_URL",
    "SECRET_KEY",
    "FAWRAN_TRANSPORT",
    "FAWRAN_ORIGINS",
    "FAWRAN_PROXIES",
    "FAWRAN_SIGN_IN_FAILURES",
    "FAWRAN_SIGN_IN_PAUSE",
    "FAWRAN_SIGN_IN_FAILURES_PER_ADDRESS",
    "FAWRAN_SIGN_IN_FAILURES_PER_ACCOUNT",
    # A test that runs make must not inherit the options of `make test`.
    "ARGS",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MAKEOVERRIDES",
    "MFLAGS",
):
    os.environ.pop(name, None)
    os.environ.pop(f"{name}_FILE", None)

os.environ.update(
    {
        "DJANGO_SETTINGS_MODULE": "reference_app.config.settings",
        "FAWRAN_MODE": "production",
        "FAWRAN_HTTPS": "off",
        "FAWRAN_COLLECTED_STATIC": "off",
        "FAWRAN_DATA_DIR": str(DATA_DIR),
        "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(DATA_DIR / "hypothesis"),
        "CHANNEL_LAYER": "memory",
        "DATABASE_URL": os.environ.get("FAWRAN_TEST_DATABASE_URL")
        or f"sqlite:///{DATA_DIR / 'fawran.sqlite3'}",
    }
)
