"""The manifest of an archive: the format, the database, and the migrations."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

FORMAT: Final = 1
"""The format of the archives that this release writes and reads."""


class Engine(StrEnum):
    """A kind of database."""

    SQLITE = "SQLite"
    POSTGRESQL = "PostgreSQL"


class Manifest(BaseModel):
    """What an archive contains, and where it can be restored.

    ``engine_version`` is the major version of the database's programs. ``migrations`` are those
    of the database, ``known`` those of the release that made the archive; both are names such as
    ``chat.0001_initial``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = FORMAT
    made: datetime
    engine: Engine
    engine_version: int
    migrations: tuple[str, ...]
    known: tuple[str, ...]

    @property
    def dump(self) -> str:
        """The name of the database in the archive."""
        return "database.sqlite3" if self.engine is Engine.SQLITE else "database.dump"
