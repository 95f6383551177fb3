"""The commands that find, start and stop the processes of a host."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from reference_app.serving import commands
from reference_app.serving.processes import free_port
from tests.raw_server import answering
from tests.reference_app.serving.host_process.conftest import FolderHost
from tests.served import served

HASHED = (
    "etc/fawran/fawran.env",
    "etc/fawran/daphne-1.env",
    "etc/systemd/system/daphne@.service",
    "etc/fawran/secrets/app-secret-key",
    "etc/fawran/secrets/database-url",
    "etc/fawran/secrets/redis-url",
)


def store_hash(host: FolderHost, release: Path) -> None:
    """Store the hash of what process 1 reads, in the format of existing hosts."""
    content = f"{release}\n".encode() + b"".join((host.root / name).read_bytes() for name in HASHED)
    host.write("opt/fawran/process/1.good", f"{hashlib.sha256(content).hexdigest()}\n")


def test_a_process_that_does_not_run_has_to_be_replaced(host: FolderHost) -> None:
    release = host.add_release("a")
    store_hash(host, release)
    assert host.run("needs", 1, release) == "yes\n"


def test_a_process_that_never_served_has_to_be_replaced(host: FolderHost) -> None:
    host.set_active()
    assert host.run("needs", 1, host.add_release("a")) == "yes\n"


def test_a_process_that_serves_the_release_is_not_replaced(host: FolderHost) -> None:
    host.set_active()
    release = host.add_release("a")
    store_hash(host, release)
    assert host.run("needs", 1, release) == "no\n"
    assert host.run("needs", 1, host.add_release("b")) == "yes\n"


def test_a_release_behind_a_link_is_the_same_release(host: FolderHost) -> None:
    host.set_active()
    release = host.add_release("a")
    store_hash(host, release)
    (host.root / "srv").symlink_to(host.root / "opt")
    assert host.run("needs", 1, host.root / "srv/fawran/releases/a") == "no\n"


@pytest.mark.parametrize("name", HASHED)
def test_a_process_with_changed_settings_has_to_be_replaced(name: str, host: FolderHost) -> None:
    host.set_active()
    release = host.add_release("a")
    store_hash(host, release)
    host.write(name, "changed\n")
    assert host.run("needs", 1, release) == "yes\n"


@pytest.mark.parametrize("name", HASHED)
def test_a_missing_setting_is_reported(name: str, host: FolderHost) -> None:
    host.set_active()
    release = host.add_release("a")
    store_hash(host, release)
    (host.root / name).unlink()
    assert host.fail("needs", 1, release) == f"{host.root / name} is missing: run site.yml."


def test_the_release_of_a_process_is_printed_if_there_is_one(host: FolderHost) -> None:
    assert host.run("release", 1) == ""
    release = host.add_release("a")
    host.link("process/1", release)
    assert host.run("release", 1) == f"{release}\n"


def test_a_process_starts_on_a_release(host: FolderHost) -> None:
    old, new = host.add_release("old"), host.add_release("new")
    host.link("process/1", old)
    store_hash(host, old)
    host.run("start", 1, new)
    assert host.run("release", 1) == f"{new}\n"
    assert not (host.root / "opt/fawran/process/1.good").exists()
    assert host.systemctl_calls() == [
        "reset-failed daphne@1.service",
        "start daphne@1.service",
    ]


def test_a_process_does_not_start_on_a_missing_release(host: FolderHost) -> None:
    old = host.add_release("old")
    host.link("process/1", old)
    missing = host.root / "opt/fawran/releases/missing"
    assert host.fail("start", 1, missing) == f"there is no release {missing}."
    assert host.run("release", 1) == f"{old}\n"
    assert host.systemctl_calls() == []


def test_a_process_is_stopped(host: FolderHost) -> None:
    host.run("stop", 1)
    assert host.systemctl_calls() == ["stop daphne@1.service"]


def test_a_refusal_of_systemd_is_reported_in_one_line(host: FolderHost) -> None:
    host.refuse()
    reason = "Job failed. See the journal."
    assert host.fail("stop", 1) == f"systemctl stop daphne@1.service: {reason}"
    release = host.add_release("a")
    assert host.fail("start", 1, release) == f"systemctl start daphne@1.service: {reason}"


def test_scaling_down_removes_the_processes_above_the_count(host: FolderHost) -> None:
    release = host.add_release("a")
    for number in (2, 3, 10):
        host.add_process(number)
        host.link(f"process/{number}", release)
        host.write(f"opt/fawran/process/{number}.good", "hash\n")
    host.write("etc/fawran/daphne-other.env", "")
    assert host.run("beyond", 2) == "ended 3\nended 10\n"
    assert host.systemctl_calls() == [
        "disable --now --quiet daphne@3.service",
        "disable --now --quiet daphne@10.service",
    ]
    settings = sorted(path.name for path in (host.root / "etc/fawran").glob("daphne-*.env"))
    assert settings == ["daphne-1.env", "daphne-2.env", "daphne-other.env"]
    links = sorted(path.name for path in (host.root / "opt/fawran/process").iterdir())
    assert links == ["2", "2.good"]
    assert host.run("beyond", 2) == ""


def test_a_process_that_cannot_be_stopped_keeps_its_settings(host: FolderHost) -> None:
    host.add_process(2)
    host.refuse()
    assert "disable --now --quiet daphne@2.service" in host.fail("beyond", 1)
    assert (host.root / "etc/fawran/daphne-2.env").exists()


def test_the_open_sockets_of_each_process_are_printed(host: FolderHost, tmp_path: Path) -> None:
    metrics = f"127.0.0.1:{free_port()}"
    host.add_process(1, metrics=metrics)
    with served(commands.tuned_daphne, tmp_path, FAWRAN_METRICS=metrics):
        assert host.run("sockets") == f"{metrics} 0\n"
    assert host.fail("sockets").startswith(f"{metrics} serves no metrics: ")


def test_metrics_without_the_sockets_are_reported(host: FolderHost) -> None:
    with answering(b"HTTP/1.1 200 OK\r\n\r\npython_info 1.0\n") as server:
        host.add_process(1, metrics=server.address)
        expected = f"{server.address} does not serve the metric fawran_sockets_open."
        assert host.fail("sockets") == expected


def test_settings_without_the_metrics_address_are_reported(host: FolderHost) -> None:
    settings = host.write("etc/fawran/daphne-1.env", "FAWRAN_METRICS=\n")
    assert host.fail("sockets") == f"{settings} has no FAWRAN_METRICS: run site.yml."
