"""Runs a real PostgreSQL server during a test: its own cluster, on a free port of loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from reference_app.serving.processes import Child, free_port, wait_for_port

START_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class PostgreSQL:
    """A running server, and the URL of a database on it that is empty at first."""

    url: str
    port: int
    _data: Path
    _child: Child

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        _open_parents(self._data)
        self._child.start()
        wait_for_port(self._child, "127.0.0.1", self.port, START_TIMEOUT_SECONDS)
        _wait_until_started(self.url, START_TIMEOUT_SECONDS)

    def stop(self) -> None:
        """End the server, and with it every connection to it."""
        # PostgreSQL's fast shutdown: SIGTERM would wait for the clients to leave.
        os.kill(self._child.pid, signal.SIGINT)
        while self._child.returncode is None:
            time.sleep(0.01)

    def restart(self) -> None:
        """End every connection, and start again with the same data on the same port."""
        self.stop()
        self.start()


@contextmanager
def running_postgresql(folder: Path) -> Iterator[PostgreSQL]:
    """Run a server with its data in a folder, until the context ends."""
    binaries = _binaries()
    as_other, owner = _unprivileged()
    data = folder / "postgresql"
    data.mkdir()
    if owner is not None:
        os.chown(data, owner, -1)
    _open_parents(data)
    initdb = [*as_other, str(binaries / "initdb"), "--pgdata", str(data), "--username", "fawran"]
    subprocess.run(
        [*initdb, "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8"],
        check=True,
        capture_output=True,
        cwd="/",
    )
    port = free_port()
    command = [
        *(*as_other, str(binaries / "postgres"), "-D", str(data), "-p", str(port)),
        *("-h", "127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"),
    ]
    child = Child("PostgreSQL", command, dict(os.environ), folder / "postgresql.log")
    server = PostgreSQL(f"postgresql://fawran@127.0.0.1:{port}/postgres", port, data, child)
    try:
        server.start()
        yield server
    finally:
        child.stop()


def _open_parents(data: Path) -> None:
    """Let the server's user reach its folder: each session of pytest makes the parents private."""
    for parent in data.parents:
        if os.getuid() == parent.stat().st_uid == 0 and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)


def _wait_until_started(url: str, timeout: float) -> None:
    """Wait until the server accepts a connection: it listens before it has started."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _binaries() -> Path:
    """Return the folder of initdb and postgres; distributions keep them off the PATH."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).parent] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder.resolve()
    pytest.fail("PostgreSQL is needed: apt-get install postgresql, or put initdb on the PATH.")


def _unprivileged() -> tuple[list[str], int | None]:
    """Return the command prefix and the uid for PostgreSQL, which refuses to run as root."""
    if os.getuid() != 0:
        return [], None
    nobody = pwd.getpwnam("nobody")
    return ["setpriv", f"--reuid={nobody.pw_uid}", "--clear-groups"], nobody.pw_uid
