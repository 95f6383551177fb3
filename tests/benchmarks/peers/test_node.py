"""Tests of downloading the packages of the Node peers: completely, or not at all with a reason."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from benchmarks.errors import BadRequest, NotObtainable
from benchmarks.peers import node
from benchmarks.run.selection import obtain
from benchmarks.servers.registry import find_server


def write_program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder on PATH, which is empty, and use a separate folder for packages."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(node, "modules", lambda: tmp_path / "peers" / "lock" / "node_modules")
    return folder


@pytest.mark.parametrize(
    ("scripts", "reason"),
    [
        ({}, "Node is not installed"),
        ({"node": "echo v16.20.2"}, "Node 18 or newer is needed; the one here is v16.20.2"),
        ({"node": "exit 1"}, "Node 18 or newer is needed; the one here is broken"),
        ({"node": "echo v20.1.0"}, "npm is not installed"),
        (
            {"node": "echo v20.1.0", "npm": "echo 'npm error code ENOTFOUND' >&2; exit 1"},
            r"npm could not fetch its packages \(ENOTFOUND\)",
        ),
        ({"node": "echo v20.1.0", "npm": "exit 3"}, "status 3"),
    ],
)
def test_the_reason_of_a_failure_is_named_and_no_files_are_left(
    scripts: dict[str, str], reason: str, programs: Path, tmp_path: Path
) -> None:
    for name, script in scripts.items():
        write_program(programs, name, script)
    with pytest.raises(NotObtainable, match=reason):
        node.obtain()
    peers = tmp_path / "peers"
    assert not peers.exists() or list(peers.iterdir()) == []


def test_packages_are_downloaded_only_once(programs: Path, tmp_path: Path) -> None:
    write_program(programs, "node", "echo v20.1.0")
    count = tmp_path / "count"
    write_program(
        programs, "npm", f"echo once >> {count}; /bin/mkdir node_modules; test -f package-lock.json"
    )
    node.obtain()
    node.obtain()
    assert count.read_text() == "once\n"
    assert node.modules().is_dir()


def test_a_server_that_is_not_obtainable_is_left_out_and_named(
    programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert programs.is_dir()
    picows, ws = find_server("picows"), find_server("ws")
    assert obtain([picows, ws]) == ([picows], {"ws": "Node is not installed"})
    assert capsys.readouterr().err == "fawran: ws is left out: Node is not installed.\n"
    with pytest.raises(BadRequest, match="nothing to measure: ws"):
        obtain([ws])


def test_the_lock_file_has_versions_and_hashes_and_no_addresses() -> None:
    text = (node.HERE / "package-lock.json").read_text(encoding="utf-8")
    lock = json.loads(text)
    assert not re.search(r'"resolved"|\.tgz', text)
    package_json = json.loads((node.HERE / "package.json").read_text(encoding="utf-8"))
    dependencies = package_json["dependencies"]
    assert set(dependencies) == {"ws", "socket.io"}
    for name, version in dependencies.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    for path, package in lock["packages"].items():
        assert not path or package["integrity"].startswith("sha512-")
