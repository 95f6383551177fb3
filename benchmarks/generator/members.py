"""The test users of a benchmark, called the crowd, and their sessions."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Member:
    """One test user: the session key, the CSRF token, and the only room of this user."""

    id: int
    session: str
    csrf: str
    room: int

    @property
    def cookie(self) -> str:
        """The Cookie header of a page that this user has opened."""
        return f"sessionid={self.session}; csrftoken={self.csrf}"


def write_crowd(path: Path, members: list[Member]) -> None:
    """Write the test users to a file that only its owner can read, because it has session keys."""
    path.touch(mode=0o600)
    path.write_text(json.dumps([asdict(member) for member in members]), encoding="utf-8")


def read_crowd(path: Path) -> list[Member]:
    """Return the test users in the order of the file, which is room by room."""
    return [Member(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
