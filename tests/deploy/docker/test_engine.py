"""The engine itself is restarted, as by an update of the host."""

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

from tests.deploy.docker.stack import PATIENCE, Stack
from tests.deploy.target import Account, Target

PIDFILE = Path(os.environ.get("FAWRAN_STACK_ENGINE", ""))
"""Only an engine that scripts/deploy-test has started is restarted."""


def restart_the_engine(stack: Stack) -> None:
    engine = psutil.Process(int(PIDFILE.read_text()))
    command = engine.cmdline()
    engine.send_signal(signal.SIGTERM)
    engine.wait(PATIENCE)
    with PIDFILE.with_name("log").open("ab") as log:
        subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + PATIENCE
    while subprocess.run([stack.docker_client, "info"], capture_output=True).returncode:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    stack.wait_until_well("redis", "postgres", "daphne", "proxy")


async def test_everything_is_there_again_after_the_engine_was_restarted(
    stack: Stack, target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "Before the restart")
    await asyncio.to_thread(restart_the_engine, stack)
    async with target.person(accounts[0]).http as http:
        answer = await http.get("/api/conversations")
        assert answer.status_code == httpx.codes.OK
        assert room in [one["id"] for one in answer.json()]
    async with target.page(accounts[0], room) as page:
        await page.say("after it", str(uuid4()))
        assert (await page.next_of("message"))["text"] == "after it"
