"""The stack of deploy/compose.yaml as scripts/deploy-test has started it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from reference_app.config.environment import ROOT

PATIENCE = 180.0


class Stack:
    """The running deployment, from its operator's side."""

    def __init__(self) -> None:
        self.docker_client = os.environ["FAWRAN_STACK_DOCKER"]
        self.folder = Path(os.environ["FAWRAN_STACK"])
        """Where this test keeps its settings, secrets, database and users."""
        self.project = os.environ["COMPOSE_PROJECT_NAME"]

    def operate(
        self, *arguments: str, stdin: str | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the operations of scripts/deployment."""
        return subprocess.run(
            [ROOT / "scripts" / "deployment", *arguments],
            env=os.environ | env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE * 2,
        )

    def must(self, *arguments: str, stdin: str | None = None, **env: str) -> str:
        """Run an operation that has to go well; return what it says."""
        done = self.operate(*arguments, stdin=stdin, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def docker(self, *arguments: str) -> str:
        """Run the client of Docker's."""
        done = subprocess.run(
            [self.docker_client, *arguments], capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout.strip()

    def containers(self, service: str = "", *, every: bool = False) -> list[str]:
        """Return the ids of a service's containers, or of all; also of those that have ended."""
        command = ["ps", "--quiet", "--filter", f"label=com.docker.compose.project={self.project}"]
        if service:
            command += ["--filter", f"label=com.docker.compose.service={service}"]
        if every:
            command.append("--all")
        return self.docker(*command).split()

    def inspect(self, what: str) -> dict[str, Any]:
        """Return all that the engine knows of a container or image."""
        found: dict[str, Any] = json.loads(self.docker("inspect", what))[0]
        return found

    def inside(self, container: str, *command: str) -> str:
        """Run a command in a container."""
        return self.docker("exec", container, *command)

    def logs(self, service: str) -> str:
        """Return the last lines of a service's containers."""
        return self.must("logs", service)

    def sql(self, statement: str) -> str:
        """Ask the database."""
        (postgres,) = self.containers("postgres")
        return self.inside(postgres, *("psql", "-U", "fawran", "-d", "fawran", "-Atc", statement))

    def restarts(self) -> dict[str, int]:
        """Return how often the engine has started each container again."""
        return {one: self.inspect(one)["RestartCount"] for one in self.containers()}

    def started(self, container: str) -> str:
        """Return when a container was last started."""
        moment: str = self.inspect(container)["State"]["StartedAt"]
        return moment

    def wait_until_well(self, *services: str) -> None:
        """Wait until all containers of services are healthy."""
        deadline = time.monotonic() + PATIENCE
        for service in services:
            while not all(map(self._is_well, found := self.containers(service))) or not found:
                assert time.monotonic() < deadline, self.docker("ps", "--all")
                time.sleep(0.5)

    def wait_until_restarted(self, container: str, started: str) -> None:
        """Wait until a container has been started again since a moment."""
        deadline = time.monotonic() + PATIENCE
        while self.started(container) == started:
            assert time.monotonic() < deadline, self.docker("ps", "--all")
            time.sleep(0.2)

    def _is_well(self, container: str) -> bool:
        health: str = self.inspect(container)["State"]["Health"]["Status"]
        return health == "healthy"
