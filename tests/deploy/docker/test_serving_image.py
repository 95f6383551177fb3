"""The image that served last is what containers are made of, whatever FAWRAN_IMAGE names now."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from reference_app.config.environment import ROOT
from tests.deploy.docker.stack import Stack
from tests.deploy.docker.told import assert_one_line

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
    """Let FAWRAN_IMAGE name an image with something more in it; in the end, the one before."""
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


def served_images(stack: Stack) -> set[str]:
    """Return which images the processes are made of."""
    return {stack.inspect(one)["Image"] for one in stack.containers("daphne")}


def assert_ready(stack: Stack) -> None:
    """See that the site answers."""
    assert '"ready": true' in stack.must("status")


def test_after_an_update_that_was_refused_start_uses_the_image_that_served(stack: Stack) -> None:
    good = served_images(stack)
    processes = set(stack.containers("daphne"))
    with another_image(stack, MIGRATES_AND_DOES_NOT_SERVE):
        try:
            assert_one_line(stack.operate("update"), "does not serve", "the old one goes on")
            said = stack.must("start")
            assert f"{IMAGE} is not the image that serves here" in said
            assert "scripts/deployment update" in said
            assert set(stack.containers("daphne")) == processes, "nothing is replaced"
            assert_ready(stack)
            stack.docker("image", "prune", "--force")
            stack.must("stop")
            stack.must("start")
            assert served_images(stack) == good
            assert_ready(stack)
            stack.must("scale", "3")
            stack.must("scale", "2")
            assert served_images(stack) == good
        finally:
            stack.sql("DELETE FROM django_migrations WHERE name = '9999_later'")
    assert "is not the image" not in stack.must("start")


def test_an_image_that_serves_after_an_update_is_what_start_uses_from_then_on(
    stack: Stack,
) -> None:
    before = served_images(stack)
    with another_image(stack, "LABEL another=yes"):
        stack.must("update")
        newer = served_images(stack)
        assert newer == {stack.inspect(IMAGE)["Id"]} != before
        processes = set(stack.containers("daphne"))
        assert "is not the image" not in stack.must("start")
        assert set(stack.containers("daphne")) == processes, "nothing is replaced"
    stack.must("stop")
    assert "is not the image" in stack.must("start"), "though the name leads elsewhere now"
    assert served_images(stack) == newer
    stack.must("update")
    assert served_images(stack) == before


def test_a_deployment_that_is_stopped_can_be_updated_or_started_as_it_was(stack: Stack) -> None:
    good = served_images(stack)
    stack.must("stop")
    with another_image(stack, MIGRATES_AND_DOES_NOT_SERVE):
        try:
            assert stack.operate("update").returncode == 1
            stack.must("start")
            assert served_images(stack) == good
            assert_ready(stack)
        finally:
            stack.sql("DELETE FROM django_migrations WHERE name = '9999_later'")
    stack.must("stop")
    stack.must("update")
    assert served_images(stack) == good
    assert_ready(stack)
