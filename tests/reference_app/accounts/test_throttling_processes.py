"""Sign-in throttling: processes count together, by an address that no client can choose."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from reference_app.runtime.environment import ROOT
from reference_app.serving import commands
from tests.postgresql import running_postgresql
from tests.served import Command, Site, served

LOGIN = "/accounts/login/"
NAME, PASSWORD = "amal", "a good long one"
SERVERS = {"daphne": commands.tuned_daphne, "gunicorn": commands.gunicorn}
LIMIT = 3
PARALLEL, PROCESSES = 200, 2


def manage(site: Site, *arguments: str, given: str = "") -> str:
    """Run a management command on a site's database; return its output."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=dict(site.children[0].environment),
        cwd=ROOT,
        input=given,
        text=True,
        check=True,
        capture_output=True,
    ).stdout


@contextmanager
def site_with_amal(
    command: Command, folder: Path, processes: int = 1, **env: str
) -> Iterator[Site]:
    """Serve a site with a low limit of failures, and one user who has a password."""
    limits = {"FAWRAN_SIGN_IN_FAILURES": str(LIMIT)}
    with served(command, folder, people=0, processes=processes, **limits | env) as site:
        manage(site, "create_users", given=f"{NAME} {PASSWORD}\n")
        yield site


def attempt(client: httpx.Client, entered: str = "wrong", **headers: str) -> int:
    """Sign in by the form with these headers; return the status."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(LOGIN).text)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "username": NAME, "password": entered}
    sent = {name.replace("__", "-"): value for name, value in headers.items()}
    return client.post(LOGIN, data=form, headers=sent).status_code


def browser(url: str, socket: Path | None = None) -> httpx.Client:
    """Return a client of a process, which it reaches by its port or by its Unix socket."""
    transport = httpx.HTTPTransport(uds=str(socket)) if socket else None
    return httpx.Client(base_url=url, transport=transport, trust_env=False, timeout=60)


def test_processes_count_together_and_the_pause_ends(tmp_path: Path) -> None:
    with site_with_amal(commands.tuned_daphne, tmp_path, processes=2) as site:
        one, two = browser(site.address(0)), browser(site.address(1))
        with one, two:
            assert [attempt(one), attempt(two), attempt(one)] == [200, 200, 429]
            assert attempt(two, PASSWORD) == 429
            past = "AccessAttempt.objects.update(attempt_time='2020-01-01T00:00:00Z')"
            manage(site, "shell", "-c", f"from axes.models import AccessAttempt; {past}")
            assert attempt(two, PASSWORD) == 302


@pytest.mark.parametrize("server", SERVERS)
def test_a_client_cannot_choose_its_address(server: str, tmp_path: Path) -> None:
    with site_with_amal(SERVERS[server], tmp_path) as site, browser(site.url) as client:
        statuses = [
            attempt(client, X__Forwarded__For="192.0.2.1", X__Real__IP="192.0.2.1"),
            attempt(client, X_Forwarded_For="192.0.2.2", Forwarded="for=192.0.2.2"),
            attempt(client, X__Forwarded__For="192.0.2.3", Remote__Addr="192.0.2.3"),
        ]
        assert statuses == [200, 200, 429]


@pytest.mark.parametrize("server", SERVERS)
def test_behind_a_proxy_only_the_address_that_it_added_counts(server: str, tmp_path: Path) -> None:
    socket = tmp_path / "process.sock"

    def on_both(host: str, port: int) -> list[str]:
        """Listen on a port, by which the start is detected, and on a Unix socket for nginx."""
        command = SERVERS[server](host, port)
        if server == "gunicorn":
            return [*command[:-1], "--bind", f"unix:{socket}", command[-1]]
        return [*command[:-1], "--unix-socket", str(socket), command[-1]]

    with (
        site_with_amal(on_both, tmp_path, FAWRAN_PROXIES="1") as site,
        browser(site.url, socket) as proxy,
    ):
        statuses = [
            attempt(proxy, X__Forwarded__For=f"192.0.2.{number}, 198.51.100.7")
            for number in range(LIMIT)
        ]
        assert statuses == [200, 200, 429]
        assert attempt(proxy, PASSWORD, X__Forwarded__For="198.51.100.7") == 429
        assert attempt(proxy, PASSWORD, X__Forwarded__For="203.0.113.9") == 302


async def try_at_once(site: Site) -> Counter[int]:
    """Try many wrong passwords at once on all processes; return the count of each status."""

    async def one(client: httpx.AsyncClient, form: dict[str, str]) -> int:
        return (await client.post(LOGIN, data=form)).status_code

    limits = httpx.Limits(max_connections=None)
    tries = []
    clients = []
    for process in range(PROCESSES):
        client = httpx.AsyncClient(
            base_url=site.address(process), trust_env=False, timeout=120, limits=limits
        )
        clients.append(client)
        page = (await client.get(LOGIN)).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "username": NAME, "password": "wrong"}
        tries += [one(client, form) for _ in range(PARALLEL // PROCESSES)]
    try:
        return Counter(await asyncio.gather(*tries))
    finally:
        for client in clients:
            await client.aclose()


def checked(site: Site) -> int:
    """Return how many wrong passwords were checked and counted."""
    failures = "AccessAttempt.objects.values_list('failures_since_start', flat=True)"
    code = f"from axes.models import AccessAttempt; print(sum({failures}))"
    return int(manage(site, "shell", "--no-imports", "-c", code))


async def test_many_wrong_passwords_at_once_are_not_all_checked(tmp_path: Path) -> None:
    with site_with_amal(commands.tuned_daphne, tmp_path, PROCESSES) as site:
        statuses = await try_at_once(site)
        assert statuses[200] + statuses[429] == PARALLEL, statuses
        assert LIMIT <= checked(site) < LIMIT + PROCESSES


async def test_many_wrong_passwords_at_once_are_not_all_checked_on_postgresql(
    tmp_path: Path,
) -> None:
    with (
        running_postgresql(tmp_path) as server,
        site_with_amal(commands.tuned_daphne, tmp_path, PROCESSES, DATABASE_URL=server.url) as site,
    ):
        statuses = await try_at_once(site)
        assert statuses[200] + statuses[429] == PARALLEL, statuses
        assert LIMIT <= checked(site) < LIMIT + PROCESSES
