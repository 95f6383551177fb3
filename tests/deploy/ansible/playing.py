"""Running the playbooks as their users do, and what came of it."""

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

from reference_app.config.environment import ROOT
from tests.deploy.ansible.hosts import Fleet

PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
LONGEST = 1500.0

_RECAP = re.compile(
    r"^(?P<host>\S+)\s+: ok=(?P<ok>\d+)\s+changed=(?P<changed>\d+)"
    r"\s+unreachable=(?P<unreachable>\d+)\s+failed=(?P<failed>\d+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Played:
    """What came of a playbook."""

    status: int
    said: str
    seconds: float

    def sum_of(self, what: str) -> int:
        """Return how many tasks of all hosts were `changed`, `failed` or `unreachable`."""
        return sum(int(match[what]) for match in _RECAP.finditer(self.said))

    @property
    def changed(self) -> list[str]:
        """Return what was changed: the tasks, by their names."""
        found, task = [], ""
        for line in self.said.splitlines():
            if match := re.match(r"(?:TASK|RUNNING HANDLER) \[(.*?)\]", line):
                task = match[1]
            elif line.startswith("changed: "):
                found.append(f"{task}: {line}")
        return found

    def assert_fine(self) -> None:
        """See that nothing failed, or tell the end of what was said."""
        assert self.status == 0, self.said[-6000:]
        assert self.sum_of("failed") == self.sum_of("unreachable") == 0


class Operator:
    """Somebody who has a checkout and an inventory."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    def play(self, name: str, *options: str, settings: dict[str, Any] | None = None) -> Played:
        """Run a playbook."""
        command = [
            str(PLAYBOOK),
            *("-i", f"inventories/{self.fleet.inventory}", "-i", str(self.fleet.known)),
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
            timeout=LONGEST,
        )
        seconds = time.monotonic() - began
        said = done.stdout + done.stderr
        log = self.fleet.folder / "plays.log"
        with log.open("a") as file:
            file.write(f"== {' '.join(command)}\n{said}\n== {seconds:.0f} s, {done.returncode}\n")
        return Played(done.returncode, said, seconds)

    def must(self, name: str, *options: str, settings: dict[str, Any] | None = None) -> Played:
        """Run a playbook that has to go well."""
        played = self.play(name, *options, settings=settings)
        played.assert_fine()
        return played

    def refused(self, name: str, *options: str, settings: dict[str, Any] | None = None) -> str:
        """Run a playbook that has to be refused; return what it says."""
        played = self.play(name, *options, settings=settings)
        assert played.status != 0, played.said[-3000:]
        return re.sub(r"\s+", " ", played.said)
