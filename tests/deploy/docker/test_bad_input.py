"""What is wrong is told in one line by whom it concerns, and the others go on."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from tests.deploy.docker.stack import Stack
from tests.deploy.docker.told import assert_one_line, undisturbed
from tests.deploy.target import GZIP, Account, Target


def fill(path: Path) -> None:
    """Write until there is no room."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(1 << 20)):
            pass


def test_a_port_that_is_taken(stack: Stack, tmp_path: Path) -> None:
    with undisturbed(stack):
        done = stack.operate(
            "start",
            COMPOSE_PROJECT_NAME="fawran-other",
            FAWRAN_SECRETS=str(tmp_path / "secrets"),
            FAWRAN_SETTINGS=str(tmp_path / "settings"),
        )
        assert_one_line(done, os.environ["FAWRAN_HTTPS_PORT"], "taken", "FAWRAN_HTTPS_PORT")


def test_a_secret_that_is_missing(stack: Stack, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    shutil.copytree(stack.folder / "secrets", secrets)
    (secrets / "database-url").unlink()
    with undisturbed(stack):
        assert_one_line(stack.operate("start", FAWRAN_SECRETS=str(secrets)), "database-url")


def test_a_secret_that_is_missing_is_told_by_the_container_too(stack: Stack) -> None:
    image = os.environ.get("FAWRAN_IMAGE", "fawran:local")
    command = ["run", "--rm", "--network=none", "--env=ALLOWED_HOSTS=localhost"]
    command += ["--env=REDIS_URL=redis://nowhere", "--env=SECRET_KEY_FILE=/run/secrets/secret-key"]
    done = subprocess.run([stack.docker_client, *command, image], capture_output=True, text=True)
    assert_one_line(done, "SECRET_KEY_FILE", "/run/secrets/secret-key", "No such file")
    assert done.stderr.count("\n") == 1


async def test_a_database_of_a_later_release(
    stack: Stack, target: Target, accounts: list[Account]
) -> None:
    stack.sql(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '9999_later', now())"
    )
    try:
        with undisturbed(stack):
            done = stack.operate("update")
            assert_one_line(done, "nothing was changed")
            assert "chat.9999_later" in done.stdout + done.stderr
            room = await target.new_room(accounts, "Goes on")
            async with target.page(accounts[0], room) as page:
                await page.say("goes on", str(uuid4()))
                await page.next_of("ack")
    finally:
        stack.sql("DELETE FROM django_migrations WHERE name = '9999_later'")


async def test_a_volume_that_is_full(stack: Stack, target: Target, accounts: list[Account]) -> None:
    """Messages are refused and said to be; the processes stay, and all is well with room again."""
    filler = stack.folder / "database" / "filler"
    room = await target.new_room(accounts, "Full")
    daphne = {one: stack.inspect(one)["RestartCount"] for one in stack.containers("daphne")}
    person = target.person(accounts[0])
    try:
        fill(filler)
        refused = None
        for _ in range(2000):
            answer = await person.http.post(
                f"/api/conversations/{room}/messages",
                json={"client_id": str(uuid4()), "text": "x" * 4000},
                headers=target.writing(accounts[0]),
            )
            if not answer.is_success:
                refused = answer
                break
        assert refused is not None
        assert refused.status_code == 503
        assert "No space left on device" in stack.logs("postgres")
        for one, restarts in daphne.items():
            assert stack.inspect(one)["RestartCount"] == restarts
    finally:
        filler.unlink()
        await person.http.aclose()
    stack.wait_until_well("postgres", "daphne", "proxy")
    async with target.page(accounts[0], room) as page:
        await page.say("room again", str(uuid4()))
        await page.next_of("ack")


async def test_a_volume_of_files_that_is_full(
    stack: Stack, target: Target, accounts: list[Account]
) -> None:
    """Files are refused and said to be; messages go on, and files with room again."""
    filler = stack.folder / "files" / "filler"
    room = await target.new_room(accounts, "No room for files")
    content = GZIP + bytes(1 << 20)
    try:
        with undisturbed(stack):
            fill(filler)
            answer = await target.upload(accounts[0], room, content)
            assert (answer.status_code, answer.json()["code"]) == (507, "no_room")
            assert "no room left for files" in answer.json()["detail"]
            async with target.page(accounts[0], room) as page:
                await page.say("but this is said", str(uuid4()))
                await page.next_of("ack")
    finally:
        filler.unlink()
    assert (await target.upload(accounts[0], room, content)).is_success
