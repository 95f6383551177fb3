"""Tests of the image: size, content, privileges, health check, signals."""

from __future__ import annotations

import json
import os
import re

import pytest

from tests.deploy.docker.stack import Stack

IMAGE = os.environ.get("FAWRAN_IMAGE", "fawran:local")
LONG_RUNNING = ("redis", "postgres", "daphne", "proxy")


def inside_image(stack: Stack, command: str) -> str:
    return stack.docker("run", "--rm", "--network=none", "--entrypoint=sh", IMAGE, "-c", command)


def test_the_image_has_at_most_250_mb(stack: Stack) -> None:
    assert stack.inspect(IMAGE)["Size"] <= 250_000_000


def test_labels_state_version_revision_and_licence(stack: Stack) -> None:
    config = stack.inspect(IMAGE)["Config"]
    labels = {name.rsplit(".", 1)[1]: value for name, value in config["Labels"].items()}
    assert re.fullmatch(r"\d+\.\d+\.\d+", labels["version"])
    assert re.fullmatch(r"[0-9a-f]{12}(-dirty)?|unknown", labels["revision"])
    assert labels["licenses"] == "MIT"


def test_the_server_is_the_entry_point_and_has_a_health_check(stack: Stack) -> None:
    config = stack.inspect(IMAGE)["Config"]
    assert config["Entrypoint"] == ["python", "-m", "reference_app.serving"]
    assert config["Healthcheck"]["Test"] == ["CMD", "python", "-m", "reference_app.serving.probe"]
    assert config["User"] == "10001:10001"


def test_the_image_has_no_build_or_install_tools(stack: Stack) -> None:
    found = inside_image(
        stack,
        "for one in cc gcc make pip pip3 git curl; do command -v $one; done;"
        " ls /root/.cache /var/lib/apt/lists /tools 2>/dev/null; true",
    )
    assert found.replace("/root/.cache:", "").strip() in {"", "/var/lib/apt/lists:"}


def test_the_user_can_write_to_the_data_folders_only(stack: Stack) -> None:
    everywhere = "find / -xdev -writable -not -type l -not -path '/proc/*' -not -path '/dev/*'"
    writable = inside_image(stack, everywhere + " 2>/dev/null; true")
    assert {
        path for path in writable.splitlines() if not path.startswith(("/tmp", "/var/tmp"))
    } == {
        "/var/lib/fawran/backups",
        "/var/lib/fawran/certificates",
        "/var/lib/fawran/files",
    }


def test_no_build_secret_remains_in_the_image(stack: Stack) -> None:
    found = inside_image(
        stack,
        "ls -d /etc/pip.conf /run/secrets 2>/dev/null;"
        " grep -rlsE 'index-url|BEGIN CERTIFICATE' /etc /opt/fawran/app /run; true",
    )
    assert not [line for line in found.splitlines() if "ca-certificates" not in line]
    history = stack.docker("history", "--no-trunc", IMAGE)
    assert "index-url" not in history


def test_two_builds_give_the_same_content(stack: Stack) -> None:
    layers = stack.inspect(IMAGE)["RootFS"]["Layers"]
    again = stack.inspect(f"{IMAGE}-again")["RootFS"]["Layers"]
    assert layers == again


@pytest.mark.parametrize("service", LONG_RUNNING)
def test_a_container_has_minimal_privileges_and_limits(service: str, stack: Stack) -> None:
    for container in stack.containers(service):
        host = stack.inspect(container)["HostConfig"]
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert host["CapAdd"] is None
        assert [one.split(":")[0] for one in host["SecurityOpt"]] == ["no-new-privileges"]
        assert host["Memory"] > 0
        assert host["NanoCpus"] > 0
        assert host["PidsLimit"] > 0
        assert host["LogConfig"]["Config"]["max-size"]
        assert host["RestartPolicy"]["Name"] == "always"
        status = stack.inside(container, "cat", "/proc/1/status")
        assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE), "no capability"
        assert not re.search(r"^Uid:\s+0\b", status, re.MULTILINE), "not root"
        assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)


def test_only_the_proxy_can_be_reached_from_outside(stack: Stack) -> None:
    published = {
        stack.inspect(one)["Config"]["Labels"]["com.docker.compose.service"]
        for one in stack.containers()
        if any(stack.inspect(one)["NetworkSettings"]["Ports"].values())
    }
    assert published == {"proxy"}


def test_no_secret_is_in_an_environment_or_in_arguments(stack: Stack) -> None:
    passwords = {
        word
        for path in (stack.folder / "secrets").iterdir()
        for word in re.findall(r"[\w-]{40,}", path.read_text())
    }
    assert len(passwords) >= 3
    inspected = json.dumps([stack.inspect(one) for one in stack.containers(every=True)])
    assert not [word for word in passwords if word in inspected]


def test_a_container_is_healthy_if_a_websocket_can_be_opened_in_it(stack: Stack) -> None:
    stack.wait_until_healthy("daphne")
    for container in stack.containers("daphne"):
        stack.inside(container, "python", "-m", "reference_app.serving.probe")
    # The probe fails on a server that answers requests but has no WebSockets.
    output = stack.inside(
        stack.containers("daphne")[0],
        *("sh", "-c"),
        "python -m http.server --bind 127.0.0.1 8009 >/dev/null 2>&1 & server=$!;"
        " until python -c 'import socket; socket.create_connection((\"127.0.0.1\", 8009))'"
        " 2>/dev/null; do sleep 0.2; done;"
        " python -m reference_app.serving.probe --port 8009 2>&1; echo status $?; kill $server",
    )
    assert "the handshake is answered with" in output
    assert "status 1" in output


def test_the_server_is_the_first_process_and_receives_signals(stack: Stack) -> None:
    first = stack.inside(stack.containers("daphne")[0], "cat", "/proc/1/cmdline").split("\0")
    assert first[1:4] == ["-m", "reference_app.serving", "daphne"]
