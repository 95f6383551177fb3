"""Serves the application by a chosen server, with users who are signed in."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.probe.page import Page
from reference_app.runtime.environment import ROOT
from reference_app.serving.processes import Child, free_port, wait_until_served
from reference_app.serving.valkey import Valkey, embedded_valkey
from tests.launch import user_environment

START = 30.0

PEOPLE = """
import json, sys
from django.test import Client
from reference_app.accounts.models import User
from reference_app.chat.store import conversations
people = [User.objects.create_user(f"guest{n}") for n in range(int(sys.argv[1]))]
others = [one.pk for one in people[1:]]
room = conversations.group_conversation(people[0], "Room", others).id if people else 0
cookies = []
for one in people:
    client = Client()
    client.force_login(one)
    cookies.append(client.cookies["sessionid"].value)
print(json.dumps({"room": room, "cookies": cookies}))
"""
"""Run in a separate process, because Django in this one uses another database."""


@dataclass
class Site:
    """A served application: one process or more, one room, and the sessions of its members."""

    children: list[Child]
    ports: list[int]
    valkey: Valkey
    room: int
    cookies: list[str]
    log: Path
    tls: bool

    @property
    def url(self) -> str:
        """The address of its first process."""
        return self.address(0)

    def address(self, process: int) -> str:
        """Return the address of one of its processes."""
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.ports[process]}"

    def wait_for_log(self, text: str) -> None:
        """Wait until a process has logged something."""
        deadline = time.monotonic() + START
        while text not in self.log.read_text(encoding="utf-8"):
            assert time.monotonic() < deadline, f"not logged: {text}"
            time.sleep(0.05)

    def page(self, who: int, process: int = 0) -> Page:
        """Return the page of a member, to be opened as a context."""
        return Page(self.address(process), self.cookies[who], self.room)


Command = Callable[[str, int], list[str]]


@dataclass(frozen=True)
class Prepared:
    """A site whose database exists: the environment of its processes, its room, its sessions."""

    folder: Path
    environment: dict[str, str]
    room: int
    cookies: list[str]


def prepared(
    folder: Path, redis_url: str, people: int = 2, *, collected: bool = False, **env: str
) -> Prepared:
    """Create a site's database, and users who share a room in it."""
    environment = user_environment(
        DJANGO_SETTINGS_MODULE="reference_app.config.settings",
        FAWRAN_MODE="production",
        FAWRAN_HTTPS="off",
        FAWRAN_COLLECTED_STATIC="on" if collected else "off",
        FAWRAN_DATA_DIR=str(folder),
        ALLOWED_HOSTS="localhost,127.0.0.1",
        SECRET_KEY=secrets.token_urlsafe(64),
        REDIS_URL=redis_url,
        **env,
    )
    manage(environment, "migrate", "--verbosity", "0")
    if collected:
        manage(environment, "collectstatic", "--no-input", "--verbosity", "0")
    code = PEOPLE.replace("sys.argv[1]", str(people))
    made = json.loads(manage(environment, "shell", "--no-imports", "-c", code))
    return Prepared(folder, environment, made["room"], made["cookies"])


@contextmanager
def started(
    made: Prepared,
    command: Command,
    valkey: Valkey,
    processes: int = 1,
    *,
    tls: bool = False,
    **env: str,
) -> Iterator[Site]:
    """Run the processes of a site until the context ends."""
    log = made.folder / "server.log"
    ports = [free_port() for _ in range(processes)]
    with ExitStack() as running:
        children = [
            running.enter_context(
                Child(f"server on {port}", command("127.0.0.1", port), made.environment | env, log)
            )
            for port in ports
        ]
        for child, port in zip(children, ports, strict=True):
            wait_until_served(child, "127.0.0.1", port, START, tls=tls)
        yield Site(children, ports, valkey, made.room, made.cookies, log, tls)


@contextmanager
def served(
    command: Command,
    folder: Path,
    people: int = 2,
    processes: int = 1,
    *,
    tls: bool = False,
    collected: bool = False,
    **env: str,
) -> Iterator[Site]:
    """Serve the application, with its own Valkey, until the context ends."""
    with embedded_valkey(folder / "valkey.log") as valkey:
        made = prepared(folder, valkey.url, people, collected=collected, **env)
        with started(made, command, valkey, processes, tls=tls) as site:
            yield site


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run a management command; return its output."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=START * 6,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_for_end(child: Child) -> int:
    """Wait until a process is over; return its exit status."""
    deadline = time.monotonic() + START
    while child.returncode is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert child.returncode is not None, "it does not end"
    return child.returncode


Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scrape_metrics(port: int) -> Samples:
    """Return the metrics of a process, as Prometheus reads them: values by name and labels."""
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("fawran_")
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    """Return the value of one metric."""
    return samples[(name, frozenset(labels.items()))]
