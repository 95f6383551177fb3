"""The stack of deploy/compose.yaml, which scripts/dev/deploy-test has started."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from reference_app.runtime.environment import ROOT

TIMEOUT_SECONDS = 180.0


class Stack:
    """The running deployment: its operations, its containers and its database."""

    def __init__(self) -> None:
        self.docker_client = os.environ["FAWRAN_STACK_DOCKER"]
        self.folder = Path(os.environ["FAWRAN_STACK"])
        """The folder with the settings, secrets, database and users of this test run."""
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
            timeout=TIMEOUT_SECONDS * 2,
        )

    def run_ok(self, *arguments: str, stdin: str | None = None, **env: str) -> str:
        """Run an operation that must succeed; return its output."""
        done = self.operate(*arguments, stdin=stdin, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def docker(self, *arguments: str) -> str:
        """Run a command of the Docker client; return its output."""
        done = subprocess.run(
            [self.docker_client, *arguments],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
        )
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout.strip()

    def containers(self, service: str = "", *, every: bool = False) -> list[str]:
        """Return the container ids of a service, or of all; ``every`` adds stopped ones."""
        command = ["ps", "--quiet", "--filter", f"label=com.docker.compose.project={self.project}"]
        if service:
            command += ["--filter", f"label=com.docker.compose.service={service}"]
        if every:
            command.append("--all")
        return self.docker(*command).split()

    def inspect(self, what: str) -> dict[str, Any]:
        """Return what `docker inspect` shows of a container or image."""
        found: dict[str, Any] = json.loads(self.docker("inspect", what))[0]
        return found

    def inside(self, container: str, *command: str) -> str:
        """Run a command in a container; return its output."""
        return self.docker("exec", container, *command)

    def logs(self, service: str) -> str:
        """Return the last lines of a service's containers."""
        return self.run_ok("logs", service)

    def sql(self, statement: str) -> str:
        """Run a statement in the database; return the result as text."""
        (postgres,) = self.containers("postgres")
        return self.inside(postgres, *("psql", "-U", "fawran", "-d", "fawran", "-Atc", statement))

    def restarts(self) -> dict[str, int]:
        """Return how often the engine has restarted each container."""
        return {one: self.inspect(one)["RestartCount"] for one in self.containers()}

    def started(self, container: str) -> str:
        """Return when a container was last started."""
        moment: str = self.inspect(container)["State"]["StartedAt"]
        return moment

    def wait_until_healthy(self, *services: str) -> None:
        """Wait until all containers of services are healthy."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        for service in services:
            while not all(map(self._is_healthy, found := self.containers(service))) or not found:
                assert time.monotonic() < deadline, self.docker("ps", "--all")
                time.sleep(0.5)

    def wait_until_restarted(self, container: str, started: str) -> None:
        """Wait until a container has been started after the given moment."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while self.started(container) == started:
            assert time.monotonic() < deadline, self.docker("ps", "--all")
            time.sleep(0.2)

    def _is_healthy(self, container: str) -> bool:
        health: str = self.inspect(container)["State"]["Health"]["Status"]
        return health == "healthy"
