"""Start and stop child processes, which end when this process ends."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

_PR_SET_PDEATHSIG = 1
# Loaded here, because nothing may be loaded between fork and exec: another thread may have
# held the loader's lock at the fork.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
STOP_TIMEOUT = 10.0
"""Seconds between SIGTERM and SIGKILL for a child."""


class ServingError(Exception):
    """A server cannot be started or has died; the message is one line for the user."""


@dataclass
class Child:
    """A process in a group of its own, with its output in a log file.

    Ctrl-C in a terminal goes to the foreground group, so children do not receive it: this
    process ends them, in order. If this process is killed, the kernel ends them (Linux,
    prctl(2)). The kernel also does so when the thread that started them ends, so start them
    from the main thread.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    stop_timeout: float = STOP_TIMEOUT
    _asked: bool = field(default=False, init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _log_begins: int = field(default=0, init=False)

    def start(self) -> None:
        """Start the process.

        Raises:
            ServingError: its program does not exist or its log cannot be written.
        """
        self._asked = False
        try:
            with self.log.open("ab") as log:
                self._log_begins = log.tell()
                self._process = subprocess.Popen(
                    self.command,
                    env=dict(self.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=partial(_die_with, os.getpid()),  # noqa: PLW1509 - see _LIBC
                )
        except OSError as error:
            raise ServingError(f"{self.name} cannot be started: {error}") from None

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, or None while it runs; a negative one is the number of a signal."""
        return None if self._process is None else self._process.poll()

    @property
    def is_asked_to_end(self) -> bool:
        """Whether the process was asked to end since its start."""
        return self._asked

    def ask_to_end(self) -> None:
        """Send SIGTERM without waiting, so that several children can end at the same time.

        It is sent only once: a server that drains ends at once on a second signal.
        """
        if self._process is not None and not self._asked:
            self._asked = True
            self._process.terminate()

    def stop(self) -> None:
        """Ask the process to end, wait up to the time-out, and kill what is left of its group."""
        process = self._process
        if process is None:
            return
        try:
            self.ask_to_end()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(self.stop_timeout)
        finally:
            # Also when a second Ctrl-C interrupts the wait.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def last_line(self) -> str:
        """Return the last line of the log since the start that is not blank."""
        with self.log.open("rb") as log:
            log.seek(self._log_begins)
            lines = log.read().decode(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "no output")

    def ended_by(self) -> str:
        """Return a clause that names the signal or the exit status with which it ended."""
        code = self.returncode
        if code is not None and code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with status {code}"

    def how_it_ended(self) -> str:
        """Return a clause that says how it ended and where to read more."""
        code = self.returncode
        said = "" if code is not None and code < 0 else f": {self.last_line()}"
        return f"{self.ended_by()}{said} (log: {self.log})"

    def __enter__(self) -> Self:
        """Start the process."""
        self.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop the process."""
        self.stop()


def wait_for_port(child: Child, host: str, port: int, timeout: float) -> None:
    """Wait until a child accepts connections.

    Raises:
        ServingError: it ended first, or accepted none within the time-out (seconds).
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if child.returncode is not None:
            raise ServingError(f"{child.name} {child.how_it_ended()}")
        with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
            return
        time.sleep(0.05)
    raise ServingError(f"{child.name} does not answer on port {port} after {timeout:.0f} s.")


def wait_until_served(
    child: Child, host: str, port: int, timeout: float, *, tls: bool, site: str = ""
) -> None:
    """Wait until a child answers HTTP with any status; some listen long before they serve.

    ``site`` is the host name to request: a site may accept certain names only (ALLOWED_HOSTS),
    and log an error for any other.

    Raises:
        ServingError: it ended first, or did not answer within the time-out (seconds).
    """
    deadline = time.monotonic() + timeout
    wait_for_port(child, host, port, timeout)
    while time.monotonic() < deadline:
        if child.returncode is not None:
            raise ServingError(f"{child.name} {child.how_it_ended()}")
        connection = (
            http.client.HTTPSConnection(host, port, timeout=1, context=_unverified())
            if tls
            else http.client.HTTPConnection(host, port, timeout=1)
        )
        with contextlib.suppress(OSError, http.client.HTTPException), closing(connection):
            connection.request("GET", "/healthz", headers={"Host": site} if site else {})
            connection.getresponse()
            return
        time.sleep(0.05)
    raise ServingError(f"{child.name} does not answer on port {port} after {timeout:.0f} s.")


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nothing listens on."""
    with socket.socket(_family(host)) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def check_port(host: str, port: int) -> None:
    """Refuse a port that is in use, or that this user may not use.

    Raises:
        ServingError: the message says what to do.
    """
    with socket.socket(_family(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ServingError(
                f"Port {port} on {host} cannot be used: {error.strerror}. Choose another."
            ) from None


def _unverified() -> ssl.SSLContext:
    """Return a TLS context that accepts the self-signed certificate of a child."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _die_with(parent: int) -> None:
    """Ask the kernel to end this process, which was just forked, when its parent ends."""
    if _LIBC is None:
        return
    # Not SIGKILL: Gunicorn's workers need up to 15 s to notice that their arbiter is gone,
    # and the arbiter forwards SIGTERM to them.
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # the parent ended before the call above
        os.kill(os.getpid(), signal.SIGKILL)
