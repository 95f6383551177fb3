"""Creates releases to deploy: commits of a scratch clone, some of them broken on purpose."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from reference_app.runtime.environment import ROOT


class Releases:
    """A clone of this repository, in which releases are created."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not folder.exists():
            self._git("clone", "--quiet", "--shared", str(ROOT), str(folder), where=ROOT)
            self._git("config", "user.name", "Tests")
            self._git("config", "user.email", "tests@localhost")
        self.current = self._git("rev-parse", "HEAD")

    def settings(self, revision: str) -> dict[str, Any]:
        """Return the settings that deploy a revision of the clone."""
        return {"fawran_source": str(self.folder), "fawran_revision": revision}

    def create(self, message: str, changes: dict[str, str]) -> str:
        """Create a release that appends a text to each of some files of the current one.

        Returns:
            Its revision.
        """
        self._git("checkout", "--quiet", "--detach", self.current)
        for name, text in changes.items():
            path = self.folder / name
            path.write_text((path.read_text() if path.exists() else "") + text)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--no-verify", "--message", message)
        return self._git("rev-parse", "HEAD")

    def before(self, path: str) -> str:
        """Return the revision before the one that added a file."""
        added = self._git("log", "--diff-filter=A", "--format=%H", "--", path).split()[-1]
        return self._git("rev-parse", f"{added}^")

    def _git(self, *arguments: str, where: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=where or self.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout.strip()
