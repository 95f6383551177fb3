"""Starts the demo and production as their users do: by a command, in a separate process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from reference_app.runtime.environment import ROOT

PATIENCE = 60.0
APPLICATION_VARIABLES = (
    "FAWRAN_MODE",
    "FAWRAN_HTTPS",
    "FAWRAN_COLLECTED_STATIC",
    "FAWRAN_DATA_DIR",
    "ALLOWED_HOSTS",
    "FAWRAN_ORIGINS",
    "SECRET_KEY",
    "CHANNEL_LAYER",
    "DATABASE_URL",
    "REDIS_URL",
    "FAWRAN_REDIS_PREFIX",
    "DJANGO_SETTINGS_MODULE",
)


def user_environment(**extra: str) -> dict[str, str]:
    """Return the environment of a user who has set only the given variables."""
    plain = {name: value for name, value in os.environ.items() if name not in APPLICATION_VARIABLES}
    return {**plain, "PYTHONUNBUFFERED": "1", **extra}


def run_serving(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command of ``reference_app.serving`` that ends by itself; return its result."""
    return subprocess.run(
        [sys.executable, "-m", "reference_app.serving", *arguments],
        env=dict(env),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


class Launched:
    """A running command that serves until it is stopped."""

    data_dir: Path

    def __init__(self, process: subprocess.Popen[str], said: str) -> None:
        self.process = process
        self.said = said

    @property
    def url(self) -> str:
        """The address that the command has printed."""
        found = re.search(r"https?://\S+", self.said)
        assert found, self.said
        return found[0]

    def tree(self) -> list[psutil.Process]:
        """Return its process and all processes that it has started."""
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def interrupt(self) -> None:
        """Send the signal that Ctrl-C sends."""
        self.process.send_signal(signal.SIGINT)

    def end(self) -> tuple[int, str]:
        """Wait until it ends; return its exit status and its output on stderr."""
        _out, complaint = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, complaint


@contextmanager
def serving(*arguments: str, env: Mapping[str, str], until: str) -> Iterator[Launched]:
    """Start a command and wait until it prints ``until``; stop it after the context."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reference_app.serving", *arguments],
        env=dict(env),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    try:
        while until not in said:
            line = process.stdout.readline()
            if not line:
                _out, complaint = process.communicate(timeout=PATIENCE)
                raise AssertionError(f"ended with {process.returncode}: {complaint}")
            said += line
        yield Launched(process, said)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


@contextmanager
def demo(server: str, data_dir: Path, *arguments: str, **env: str) -> Iterator[Launched]:
    """Run the demo on a free port."""
    with serving(
        *("demo", "--server", server, "--port", "0", *arguments),
        env=user_environment(FAWRAN_DATA_DIR=str(data_dir), **env),
        until="Ctrl-C ends it.",
    ) as launched:
        launched.data_dir = data_dir
        yield launched


def all_ended(processes: list[psutil.Process]) -> bool:
    """Wait until processes have ended; return whether all did."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes):
            return True
        time.sleep(0.1)
    return False
