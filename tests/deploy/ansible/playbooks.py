"""Runs playbooks as an operator does, and returns their results."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reference_app.runtime.environment import ROOT
from tests.deploy.ansible.hosts import Fleet

PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
TIMEOUT_SECONDS = 1500.0

_RECAP = re.compile(
    r"^(?P<host>\S+)\s+: ok=(?P<ok>\d+)\s+changed=(?P<changed>\d+)"
    r"\s+unreachable=(?P<unreachable>\d+)\s+failed=(?P<failed>\d+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class PlaybookRun:
    """The result of a playbook that was run."""

    status: int
    output: str
    seconds: float

    def count(self, outcome: str) -> int:
        """Return how many tasks of all hosts were `changed`, `failed` or `unreachable`."""
        return sum(int(match[outcome]) for match in _RECAP.finditer(self.output))

    @property
    def changed(self) -> list[str]:
        """Return the names of the tasks that changed something, with the host."""
        found, task = [], ""
        for line in self.output.splitlines():
            if match := re.match(r"(?:TASK|RUNNING HANDLER) \[(.*?)\]", line):
                task = match[1]
            elif line.startswith("changed: "):
                found.append(f"{task}: {line}")
        return found

    def assert_succeeded(self) -> None:
        """Assert that no task failed; on failure, show the end of the output."""
        assert self.status == 0, self.output[-6000:]
        assert self.count("failed") == self.count("unreachable") == 0


class Operator:
    """Runs the playbooks of this checkout on the hosts of a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    def run(self, name: str, *options: str, settings: dict[str, Any] | None = None) -> PlaybookRun:
        """Run a playbook, whether it succeeds or fails."""
        command = [
            str(PLAYBOOK),
            *("-i", f"inventories/{self.fleet.inventory}", "-i", str(self.fleet.inventory_folder)),
            f"playbooks/{name}.yml",
            *options,
        ]
        if settings:
            command += ["--extra-vars", json.dumps(settings)]
        began = time.monotonic()
        done = subprocess.run(
            command,
            cwd=ROOT / "ansible",
            env=os.environ | {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
        )
        seconds = time.monotonic() - began
        output = done.stdout + done.stderr
        log = self.fleet.folder / "plays.log"
        with log.open("a") as file:
            file.write(f"== {' '.join(command)}\n{output}\n== {seconds:.0f} s, {done.returncode}\n")
        return PlaybookRun(done.returncode, output, seconds)

    def run_ok(
        self, name: str, *options: str, settings: dict[str, Any] | None = None
    ) -> PlaybookRun:
        """Run a playbook that must succeed."""
        run = self.run(name, *options, settings=settings)
        run.assert_succeeded()
        return run

    def run_refused(self, name: str, *options: str, settings: dict[str, Any] | None = None) -> str:
        """Run a playbook that must fail; return its output on one line."""
        run = self.run(name, *options, settings=settings)
        assert run.status != 0, run.output[-3000:]
        return re.sub(r"\s+", " ", run.output)
