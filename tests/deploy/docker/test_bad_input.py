"""Tests of bad input and full volumes: one clear line for the operator, and the site goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from tests.deploy.docker.assertions import assert_refused, assert_undisturbed
from tests.deploy.docker.stack import Stack
from tests.deploy.target import GZIP, Account, Target


def fill_disk(path: Path) -> None:
    """Write a file until the disk is full."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(1 << 20)):
            pass


def test_a_port_in_use_is_refused(stack: Stack, tmp_path: Path) -> None:
    with assert_undisturbed(stack):
        done = stack.operate(
            "start",
            COMPOSE_PROJECT_NAME="fawran-other",
            FAWRAN_SECRETS=str(tmp_path / "secrets"),
            FAWRAN_SETTINGS=str(tmp_path / "settings"),
        )
        assert_refused(done, os.environ["FAWRAN_HTTPS_PORT"], "taken", "FAWRAN_HTTPS_PORT")


def test_a_missing_secret_is_refused(stack: Stack, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    shutil.copytree(stack.folder / "secrets", secrets)
    (secrets / "database-url").unlink()
    with assert_undisturbed(stack):
        assert_refused(stack.operate("start", FAWRAN_SECRETS=str(secrets)), "database-url")


def test_a_container_reports_a_missing_secret(stack: Stack) -> None:
    image = os.environ.get("FAWRAN_IMAGE", "fawran:local")
    command = ["run", "--rm", "--network=none", "--env=ALLOWED_HOSTS=localhost"]
    command += ["--env=REDIS_URL=redis://nowhere", "--env=SECRET_KEY_FILE=/run/secrets/secret-key"]
    done = subprocess.run([stack.docker_client, *command, image], capture_output=True, text=True)
    assert_refused(done, "SECRET_KEY_FILE", "/run/secrets/secret-key", "No such file")
    assert done.stderr.count("\n") == 1


async def test_an_update_of_a_database_of_a_later_release_is_refused(
    stack: Stack, target: Target, accounts: list[Account]
) -> None:
    stack.sql(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '9999_later', now())"
    )
    try:
        with assert_undisturbed(stack):
            done = stack.operate("update")
            assert_refused(done, "nothing was changed")
            assert "chat.9999_later" in done.stdout + done.stderr
            room = await target.new_room(accounts, "Goes on")
            async with target.page(accounts[0], room) as page:
                await page.say("goes on", str(uuid4()))
                await page.next_of("ack")
    finally:
        stack.sql("DELETE FROM django_migrations WHERE name = '9999_later'")


async def test_a_full_database_volume_refuses_messages_until_there_is_room(
    stack: Stack, target: Target, accounts: list[Account]
) -> None:
    """Messages get an error; the processes keep running, and work when there is room again."""
    filler = stack.folder / "database" / "filler"
    room = await target.new_room(accounts, "Full")
    daphne = {one: stack.inspect(one)["RestartCount"] for one in stack.containers("daphne")}
    person = target.person(accounts[0])
    try:
        fill_disk(filler)
        refused = None
        for _ in range(2000):
            answer = await person.http.post(
                f"/api/conversations/{room}/messages",
                json={"client_id": str(uuid4()), "text": "x" * 4000},
                headers=target.csrf_headers(accounts[0]),
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
    stack.wait_until_healthy("postgres", "daphne", "proxy")
    async with target.page(accounts[0], room) as page:
        await page.say("room again", str(uuid4()))
        await page.next_of("ack")


async def test_a_full_file_volume_refuses_files_but_not_messages(
    stack: Stack, target: Target, accounts: list[Account]
) -> None:
    """Files get an error; messages still work, and so do files when there is room again."""
    filler = stack.folder / "files" / "filler"
    room = await target.new_room(accounts, "No room for files")
    content = GZIP + bytes(1 << 20)
    try:
        with assert_undisturbed(stack):
            fill_disk(filler)
            answer = await target.upload(accounts[0], room, content)
            assert (answer.status_code, answer.json()["code"]) == (507, "no_room")
            assert "no room left for files" in answer.json()["detail"]
            async with target.page(accounts[0], room) as page:
                await page.say("a message without a file", str(uuid4()))
                await page.next_of("ack")
    finally:
        filler.unlink()
    assert (await target.upload(accounts[0], room, content)).is_success
