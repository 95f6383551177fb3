"""A host in a folder, with the files of the role `app` and a systemd that records its calls."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from reference_app.serving.host_process.__main__ import main

SITE = "localhost"
SYSTEMCTL = """#!/bin/sh
cd "$(dirname "$0")/.."
echo "$*" >>calls
case $1 in
    is-active) test -e active ;;
    show) cat restarts ;;
    *) test ! -e refuses || { printf 'Job failed.\\nSee the journal.\\n' >&2; exit 1; } ;;
esac
"""
JOURNALCTL = """#!/bin/sh
printf 'first line\\nlast line\\n'
"""


@dataclass
class FolderHost:
    """A host whose root is a folder. Real hosts with systemd are in tests/deploy/ansible."""

    root: Path
    capture: pytest.CaptureFixture[str]

    def run(self, *arguments: object) -> str:
        """Run a command, which has to succeed; return its output."""
        status, output, errors = self._run(*arguments)
        assert (status, errors) == (0, "")
        return output

    def fail(self, *arguments: object) -> str:
        """Run a command, which has to fail; return the lines about the failure."""
        status, output, errors = self._run(*arguments)
        assert (status, output) == (1, "")
        assert errors.startswith("fawran: ")
        return errors.removeprefix("fawran: ").removesuffix("\n")

    def _run(self, *arguments: object) -> tuple[int, str, str]:
        given = ["--root", str(self.root), "--site", SITE, *map(str, arguments)]
        status = main(given)
        output, errors = self.capture.readouterr()
        return status, output, errors

    def write(self, path: str, text: str) -> Path:
        """Write a file below the root; return its path."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def add_process(self, number: int, address: str = "127.0.0.1:1", metrics: str = "") -> None:
        """Write the addresses of a process."""
        metrics = metrics or f"127.0.0.1:910{number}"
        text = f"FAWRAN_METRICS={metrics}\nFAWRAN_ADDRESS={address}\n"
        self.write(f"etc/fawran/daphne-{number}.env", text)

    def add_release(self, name: str, age: int = 0) -> Path:
        """Create a release that is some seconds older than now; return its folder."""
        folder = self.root / "opt/fawran/releases" / name
        self.write(f"opt/fawran/releases/{name}/complete", f"{name}\n")
        created = folder.stat().st_mtime - age
        os.utime(folder, (created, created))
        return folder

    def link(self, name: str, release: Path) -> None:
        """Create a link in /opt/fawran to a release."""
        (self.root / "opt/fawran" / name).symlink_to(release)

    def systemctl_calls(self) -> list[str]:
        """Return what systemctl was called with."""
        calls = self.root / "calls"
        return calls.read_text().splitlines() if calls.exists() else []

    def set_active(self) -> None:
        """Let systemd say that the processes run."""
        self.write("active", "")

    def refuse(self) -> None:
        """Let systemd refuse to start and stop units."""
        self.write("refuses", "")


@pytest.fixture
def host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> FolderHost:
    """Return a host with process 1 and no release."""
    root = tmp_path / "host"
    host = FolderHost(root, capsys)
    for name in ("fawran.env", "secrets/app-secret-key", "secrets/database-url"):
        host.write(f"etc/fawran/{name}", f"content of {name}\n")
    host.write("etc/fawran/secrets/redis-url", "redis://localhost\n")
    host.write("etc/systemd/system/daphne@.service", "[Service]\n")
    (root / "opt/fawran/process").mkdir(parents=True)
    (root / "opt/fawran/releases").mkdir()
    host.write("restarts", "0\n")
    host.add_process(1)
    for name, script in (("systemctl", SYSTEMCTL), ("journalctl", JOURNALCTL)):
        host.write(f"bin/{name}", script).chmod(0o755)
    monkeypatch.setenv("PATH", f"{root / 'bin'}:{os.environ['PATH']}")
    return host
