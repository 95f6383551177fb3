"""Run Django's management commands, before a server is started."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping

from reference_app.runtime.environment import ROOT
from reference_app.serving.processes import ServingError

MANAGE = ROOT / "manage.py"


def manage(environment: Mapping[str, str], *arguments: str) -> str:
    """Run a management command; return its output.

    Raises:
        ServingError: the command failed; the message is the line that says why.
    """
    done = subprocess.run(
        [sys.executable, str(MANAGE), *arguments],
        env=dict(environment),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ServingError(f"{arguments[0]} failed: {_why(done.stderr)}")
    return done.stdout


def _why(stderr: str) -> str:
    """Return the first finding of the system checks, or the last line: an exception's message."""
    lines = stderr.strip().splitlines() or ["no message"]
    finding = next((line for line in lines if re.match(r"\S*: \(\w+\.[EW]\d+\)", line)), None)
    return (finding or lines[-1]).removeprefix("fawran: ").removeprefix("?: ")
