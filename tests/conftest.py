"""Sets the environment of the tests before Django loads: production settings, temporary data."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

import django
import hypothesis
import pytest

DATA_DIR = Path(tempfile.mkdtemp(prefix="fawran-tests-"))
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)

# Settings of a site in the developer's shell must not reach the tests.
for name in (
    "DEBUG",
    "REDIS_URL",
    "FAWRAN_REDIS_PREFIX",
    "DATABASE_URL",
    "SECRET_KEY",
    "FAWRAN_TRANSPORT",
    "FAWRAN_PROXIES",
    "FAWRAN_SIGN_IN_FAILURES",
    "FAWRAN_SIGN_IN_PAUSE",
    "FAWRAN_SIGN_IN_FAILURES_PER_ADDRESS",
    "FAWRAN_SIGN_IN_FAILURES_PER_ACCOUNT",
):
    os.environ.pop(name, None)
    os.environ.pop(f"{name}_FILE", None)

# DJANGO_SETTINGS_MODULE is set here rather than in pyproject.toml: pytest-django would load the
# settings before this file runs, and without a key they refuse to load.
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


def pytest_configure() -> None:
    """Set up Django before any test module imports a model."""
    django.setup()
    # The same examples in each run: tests must not fail by chance. No deadline: the machine
    # is shared.
    hypothesis.settings.register_profile(
        "gate", deadline=None, derandomize=True, database=None, print_blob=False
    )
    hypothesis.settings.load_profile("gate")


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Use a database file, as a site does, instead of Django's default, SQLite in memory.

    SQLite in memory has no second writer and no second process.
    """
    # Django can be imported only now that its settings can be read.
    from django.db import connection  # noqa: PLC0415

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(DATA_DIR / "tests.sqlite3")


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    from django.core.cache import cache  # noqa: PLC0415

    cache.clear()
