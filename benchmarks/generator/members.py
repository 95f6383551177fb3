"""The people of a benchmark: who they are, and how they are signed in."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Member:
    """One user of the crowd: a session cookie, and the one room they chat in."""

    id: int
    session: str
    csrf: str
    room: int

    @property
    def cookie(self) -> str:
        """The Cookie header of a signed-in page."""
        return f"sessionid={self.session}; csrftoken={self.csrf}"


def write_crowd(path: Path, members: list[Member]) -> None:
    """Write the crowd, readable by nobody else: it holds sessions."""
    path.touch(mode=0o600)
    path.write_text(json.dumps([asdict(member) for member in members]), encoding="utf-8")


def read_crowd(path: Path) -> list[Member]:
    """Return the crowd, room by room."""
    return [Member(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
