"""Tests a restart of the Docker engine, as an update of the host causes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path
from uuid import uuid4

import httpx
import psutil

from tests.deploy.docker.stack import TIMEOUT_SECONDS, Stack
from tests.deploy.target import Account, Target

PIDFILE = Path(os.environ.get("FAWRAN_STACK_ENGINE", ""))
"""Process id of an engine that scripts/dev/deploy-test started: only such a one is restarted."""


def restart_engine(stack: Stack) -> None:
    engine = psutil.Process(int(PIDFILE.read_text()))
    command = engine.cmdline()
    engine.send_signal(signal.SIGTERM)
    engine.wait(TIMEOUT_SECONDS)
    with PIDFILE.with_name("log").open("ab") as log:
        subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while subprocess.run([stack.docker_client, "info"], capture_output=True).returncode:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    stack.wait_until_healthy("redis", "postgres", "daphne", "proxy")


async def test_everything_is_back_after_the_engine_restarts(
    stack: Stack, target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "Before the restart")
    await asyncio.to_thread(restart_engine, stack)
    async with target.person(accounts[0]).http as http:
        answer = await http.get("/api/conversations")
        assert answer.status_code == httpx.codes.OK
        assert room in [one["id"] for one in answer.json()]
    async with target.page(accounts[0], room) as page:
        await page.say("after it", str(uuid4()))
        assert (await page.next_of("message"))["text"] == "after it"
