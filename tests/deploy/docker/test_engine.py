"""The engine itself is restarted, as by an update of the host."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import httpx
import psutil

from tests.deploy.docker.stack import PATIENCE, Stack
from tests.deploy.target import Account, Target

ENGINE = os.environ["FAWRAN_STACK_ENGINE"]
"""The file with its process id: only an engine that scripts/deploy-test started is restarted."""


async def test_everything_is_there_again_after_the_engine_was_restarted(
    stack: Stack, target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "Before the restart")
    engine = psutil.Process(int(Path(ENGINE).read_text()))
    command = engine.cmdline()
    engine.send_signal(signal.SIGTERM)
    engine.wait(PATIENCE)
    with (stack.folder / "dockerd.log").open("ab") as log:
        subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + PATIENCE
    while subprocess.run([stack.docker_client, "info"], capture_output=True).returncode:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    stack.wait_until_well("redis", "postgres", "daphne", "proxy")
    async with target.person(accounts[0]).http as http:
        answer = await http.get("/api/conversations")
        assert answer.status_code == httpx.codes.OK
        assert room in [one["id"] for one in answer.json()]
    async with target.page(accounts[0], room) as page:
        await page.say("after it", "6f1e5a52-0000-4000-8000-000000000001")
        assert (await page.next_of("message"))["text"] == "after it"
