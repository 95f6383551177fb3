"""Fixtures of all tests, and the profile of the property tests."""

from __future__ import annotations

import hypothesis
import pytest

from tests.environment import DATA_DIR


def pytest_configure() -> None:
    """Choose how hypothesis searches."""
    # The same examples in each run: tests must not fail by chance. No deadline: the machine
    # is shared.
    hypothesis.settings.register_profile(
        "gate", deadline=None, derandomize=True, database=None, print_blob=False
    )
    hypothesis.settings.load_profile("gate")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """Use a database file, as a site does, instead of Django's default, SQLite in memory.

    SQLite in memory has no second writer and no second process. Each worker has its own database:
    in its own folder with SQLite, with its own name with PostgreSQL.
    """
    # Django can be imported only now that its settings can be read.
    from django.db import connection  # noqa: PLC0415

    request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(DATA_DIR / "tests.sqlite3")


@pytest.fixture(autouse=True)
def _independent_of_other_tests() -> None:
    """Empty the cache, and forget the language that the last request of another test chose."""
    from django.core.cache import cache  # noqa: PLC0415
    from django.utils import translation  # noqa: PLC0415

    cache.clear()
    translation.deactivate()
