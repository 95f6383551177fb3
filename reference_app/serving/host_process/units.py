"""The systemd unit of each process: its state, its messages, and how to start and stop it."""

from __future__ import annotations

import subprocess

from reference_app.serving.host_process.errors import HostError

_MESSAGES = 3


def unit_name(number: int) -> str:
    """Return the name of the unit of a process."""
    return f"daphne@{number}.service"


def is_active(number: int) -> bool:
    """Return whether a process runs."""
    return _run("systemctl", "is-active", "--quiet", unit_name(number)).returncode == 0


def start(number: int) -> None:
    """Start a process, with its count of restarts at 0.

    Raises:
        HostError: systemd cannot start it.
    """
    # It fails for a unit that was never loaded, whose count is 0 already.
    _run("systemctl", "reset-failed", unit_name(number))
    _systemctl("start", unit_name(number))


def stop(number: int) -> None:
    """Drain and stop a process.

    Raises:
        HostError: systemd cannot stop it.
    """
    _systemctl("stop", unit_name(number))


def disable(number: int) -> None:
    """Drain and stop a process, and do not start it again with the host.

    Raises:
        HostError: systemd cannot stop or disable it.
    """
    _systemctl("disable", "--now", "--quiet", unit_name(number))


def count_restarts(number: int) -> int:
    """Return how often systemd has restarted a process since it was started.

    Raises:
        HostError: systemd does not answer.
    """
    return int(_systemctl("show", "--property", "NRestarts", "--value", unit_name(number)) or 0)


def last_messages(number: int) -> list[str]:
    """Return the last lines that a process has logged, without those of systemd about it."""
    unit, lines = f"_SYSTEMD_UNIT={unit_name(number)}", str(_MESSAGES)
    done = _run("journalctl", unit, "--lines", lines, "--output", "cat", "--no-pager")
    return done.stdout.splitlines()


def _systemctl(*arguments: str) -> str:
    done = _run("systemctl", *arguments)
    if done.returncode != 0:
        reason = " ".join(done.stderr.split()) or f"status {done.returncode}"
        raise HostError(f"systemctl {' '.join(arguments)}: {reason}")
    return done.stdout.strip()


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")
