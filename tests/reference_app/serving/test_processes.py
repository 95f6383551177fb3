"""Child processes: how they end, which errors are reported; and free ports."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

import psutil
import pytest

from reference_app.serving.processes import (
    Child,
    ServingError,
    check_port,
    free_port,
    wait_until_served,
)
from tests.launch import PATIENCE, all_ended

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("ready", flush=True)
time.sleep(600)
"""


def child(tmp_path: Path, code: str) -> Child:
    return Child("It", [sys.executable, "-c", code], dict(os.environ), tmp_path / "log")


def wait_for_output(of: Child) -> None:
    while of.last_line() == "no output":
        assert of.returncode is None, of.how_it_ended()
        time.sleep(0.01)


def test_a_child_that_ignores_sigterm_is_killed_with_its_own_children(tmp_path: Path) -> None:
    with child(tmp_path, STUBBORN) as stubborn:
        stubborn.stop_timeout = 0.1
        wait_for_output(stubborn)
        process = psutil.Process(stubborn.pid)
        tree = [process, *process.children()]
        assert len(tree) == 2
        stubborn.stop()
    assert stubborn.returncode == -signal.SIGKILL
    assert all_ended(tree)


def test_a_second_ctrl_c_kills_the_child_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stubborn = child(tmp_path, STUBBORN)
    stubborn.start()
    wait_for_output(stubborn)
    process = stubborn._process  # Ctrl-C cannot be timed otherwise
    assert process is not None
    wait = process.wait

    def interrupted(timeout: float | None = None) -> int:
        if timeout is not None:
            raise KeyboardInterrupt
        return wait()

    monkeypatch.setattr(process, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        stubborn.stop()
    assert stubborn.returncode == -signal.SIGKILL


def test_the_log_of_an_earlier_run_is_not_reported(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("an error of yesterday\n")
    with child(tmp_path, "raise SystemExit(3)") as today:
        while today.returncode is None:
            time.sleep(0.01)
        assert today.how_it_ended().startswith("ended with status 3: no output")


def test_a_program_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ServingError, match=r"It cannot be started: .*No such file"):
        Child("It", ["/nowhere/at/all"], {}, tmp_path / "log").start()


def test_a_child_that_ends_before_it_serves_is_reported_with_its_last_line(tmp_path: Path) -> None:
    with (
        child(tmp_path, "raise SystemExit('no luck')") as unlucky,
        pytest.raises(ServingError, match=r"It ended with status 1: no luck \(log: .*\)"),
    ):
        wait_until_served(unlucky, "127.0.0.1", free_port(), PATIENCE, tls=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_free_port_can_be_used_until_it_is_taken(host: str) -> None:
    port = free_port(host)
    check_port(host, port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family), pytest.raises(ServingError):
        check_port(host, port)
