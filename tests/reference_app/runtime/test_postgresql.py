"""Tests that requests, sockets and threads get working connections after PostgreSQL restarts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from benchmarks.probe.page import http_of
from reference_app.serving import commands
from tests.postgresql import PostgreSQL, running_postgresql
from tests.served import Command, Site, served

CSRF_TOKEN = "t" * 32
CONNECTIONS = 4
"""Idle connections of the process: so many that one or two retries do not reach them all."""
PARALLEL = 24
BACKENDS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"


def one_worker(host: str, port: int) -> list[str]:
    return commands.gunicorn(host, port, None, "--worker-class=gthread", "--threads=8", workers=1)


def backends(database: PostgreSQL) -> int:
    with psycopg.connect(database.url) as connection:
        row = connection.execute(BACKENDS).fetchone()
        assert row
        return int(row[0]) - 1


async def fill_pool(database: PostgreSQL, http: httpx.AsyncClient) -> None:
    """Send requests at the same time until the process has several connections."""
    async with asyncio.timeout(30):
        while backends(database) < CONNECTIONS:
            await asyncio.gather(*(http.get("/api/sync") for _ in range(PARALLEL)))


async def write(http: httpx.AsyncClient, room: int) -> httpx.Response:
    return await http.post(
        f"/api/conversations/{room}/messages",
        json={"client_id": str(uuid4()), "text": "hello"},
        headers={"X-CSRFToken": CSRF_TOKEN},
    )


async def statuses_after(site: Site, http: httpx.AsyncClient) -> list[int]:
    """Return the statuses of requests that read and write, first one by one, then together."""
    answers = [await http.get("/readyz")]
    for _ in range(CONNECTIONS):
        answers += [await http.get("/api/sync"), await write(http, site.room)]
    answers += await asyncio.gather(*(http.get("/api/sync") for _ in range(PARALLEL)))
    return [answer.status_code for answer in answers]


@pytest.mark.parametrize("command", [commands.tuned_daphne, one_worker])
async def test_every_request_succeeds_once_postgresql_is_back(
    command: Command, tmp_path: Path
) -> None:
    with (
        running_postgresql(tmp_path) as database,
        served(command, tmp_path, DATABASE_URL=database.url) as site,
    ):
        async with http_of(site.url, site.cookies[0]) as http:
            http.cookies.set("csrftoken", CSRF_TOKEN)
            await fill_pool(database, http)
            database.restart()
            assert set(await statuses_after(site, http)) <= {200, 201}
            database.stop()
            with pytest.raises(httpx.ReadTimeout):
                await http.get("/api/sync", timeout=1)  # it waits in the server
            database.start()
            assert set(await statuses_after(site, http)) <= {200, 201}


async def test_a_socket_that_stays_open_is_served_once_postgresql_is_back(tmp_path: Path) -> None:
    with (
        running_postgresql(tmp_path) as database,
        served(commands.tuned_daphne, tmp_path, DATABASE_URL=database.url) as site,
    ):
        async with site.page(0) as page, http_of(site.url, site.cookies[1]) as http:
            await fill_pool(database, http)
            database.restart()
            for number in range(CONNECTIONS):
                await page.say(f"message {number}", str(uuid4()))
                await page.next_of("ack")
                await page.write(type="sync", cursor="")
                await page.next_of("changes")
        async with site.page(1):
            pass
