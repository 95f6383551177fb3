"""Fixtures of the tests of backups."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.reference_app.releases.backup.deployment import Deployment, migrate


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty SQLite database of this release."""
    path = tmp_path_factory.mktemp("empty") / "fawran.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def site(tmp_path: Path, empty_database: Path) -> Deployment:
    """Return a deployment with an empty SQLite database."""
    site = Deployment(tmp_path)
    site.files.mkdir(parents=True)
    shutil.copy(empty_database, tmp_path / "data")
    return site
