"""Tests that containers use the image that served last, whatever FAWRAN_IMAGE names now."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from reference_app.runtime.environment import ROOT
from tests.deploy.docker.assertions import assert_refused
from tests.deploy.docker.stack import Stack

IMAGE = os.environ.get("FAWRAN_IMAGE", "fawran:local")
NEWEST = max(path.stem for path in (ROOT / "reference_app/chat/migrations").glob("0*.py"))
MIGRATES_AND_DOES_NOT_SERVE = f"""
USER 0
RUN rm reference_app/config/asgi.py && printf '%s\\n' \\
    'from django.db import migrations' \\
    'class Migration(migrations.Migration):' \\
    '    dependencies = [("chat", "{NEWEST}")]' > reference_app/chat/migrations/9999_later.py
USER 10001:10001
"""


@contextmanager
def another_image(stack: Stack, lines: str) -> Iterator[None]:
    """Let FAWRAN_IMAGE name an extended image; at the end, name the previous one again."""
    before = stack.inspect(IMAGE)["Id"]
    stack.docker("tag", before, "fawran-test:kept")
    build = [stack.docker_client, "build", "--quiet", "--tag", IMAGE, "-"]
    try:
        dockerfile = f"FROM {IMAGE}\n{lines}\n"
        subprocess.run(build, input=dockerfile, text=True, check=True, capture_output=True)
        yield
    finally:
        stack.docker("tag", "fawran-test:kept", IMAGE)
        stack.docker("image", "rm", "fawran-test:kept")


def images_in_use(stack: Stack) -> set[str]:
    """Return the ids of the images that the processes run."""
    return {stack.inspect(one)["Image"] for one in stack.containers("daphne")}


def assert_ready(stack: Stack) -> None:
    """Assert that the site is ready."""
    assert '"ready": true' in stack.run_ok("status")


def test_start_uses_the_image_that_served_after_a_refused_update(stack: Stack) -> None:
    served = images_in_use(stack)
    processes = set(stack.containers("daphne"))
    with another_image(stack, MIGRATES_AND_DOES_NOT_SERVE):
        try:
            assert_refused(stack.operate("update"), "does not serve", "the old one goes on")
            output = stack.run_ok("start")
            assert f"{IMAGE} is not the image that serves here" in output
            assert "scripts/deployment update" in output
            assert set(stack.containers("daphne")) == processes, "nothing is replaced"
            assert_ready(stack)
            stack.docker("image", "prune", "--force")
            stack.run_ok("stop")
            stack.run_ok("start")
            assert images_in_use(stack) == served
            assert_ready(stack)
            stack.run_ok("scale", "3")
            stack.run_ok("scale", "2")
            assert images_in_use(stack) == served
        finally:
            stack.sql("DELETE FROM django_migrations WHERE name = '9999_later'")
    assert "is not the image" not in stack.run_ok("start")


def test_start_uses_the_new_image_after_a_successful_update(
    stack: Stack,
) -> None:
    before = images_in_use(stack)
    with another_image(stack, "LABEL another=yes"):
        stack.run_ok("update")
        newer = images_in_use(stack)
        assert newer == {stack.inspect(IMAGE)["Id"]} != before
        processes = set(stack.containers("daphne"))
        assert "is not the image" not in stack.run_ok("start")
        assert set(stack.containers("daphne")) == processes, "nothing is replaced"
    stack.run_ok("stop")
    assert "is not the image" in stack.run_ok("start"), "the name means another image now"
    assert images_in_use(stack) == newer
    stack.run_ok("update")
    assert images_in_use(stack) == before


def test_a_stopped_deployment_can_be_updated_or_started_unchanged(stack: Stack) -> None:
    served = images_in_use(stack)
    stack.run_ok("stop")
    with another_image(stack, MIGRATES_AND_DOES_NOT_SERVE):
        try:
            assert stack.operate("update").returncode == 1
            stack.run_ok("start")
            assert images_in_use(stack) == served
            assert_ready(stack)
        finally:
            stack.sql("DELETE FROM django_migrations WHERE name = '9999_later'")
    stack.run_ok("stop")
    stack.run_ok("update")
    assert images_in_use(stack) == served
    assert_ready(stack)
