"""What Node's peers are made of: fetched whole or not at all, and missed in one sentence."""

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


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH on which only what a test puts there is found, and packages of its own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(node, "modules", lambda: tmp_path / "peers" / "lock" / "node_modules")
    return folder


@pytest.mark.parametrize(
    ("scripts", "says"),
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
def test_what_is_missing_is_named_and_nothing_is_left_behind(
    scripts: dict[str, str], says: str, programs: Path, tmp_path: Path
) -> None:
    for name, script in scripts.items():
        program(programs, name, script)
    with pytest.raises(NotObtainable, match=says):
        node.obtain()
    peers = tmp_path / "peers"
    assert not peers.exists() or list(peers.iterdir()) == []


def test_what_is_fetched_is_fetched_once(programs: Path, tmp_path: Path) -> None:
    program(programs, "node", "echo v20.1.0")
    count = tmp_path / "count"
    program(
        programs, "npm", f"echo once >> {count}; /bin/mkdir node_modules; test -f package-lock.json"
    )
    node.obtain()
    node.obtain()
    assert count.read_text() == "once\n"
    assert node.modules().is_dir()


def test_who_cannot_be_had_is_left_out_and_named(
    programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert programs.is_dir()
    picows, ws = find_server("picows"), find_server("ws")
    assert obtain([picows, ws]) == ([picows], {"ws": "Node is not installed"})
    assert capsys.readouterr().err == "fawran: ws is left out: Node is not installed.\n"
    with pytest.raises(BadRequest, match="nothing to measure: ws"):
        obtain([ws])


def test_the_lock_has_versions_and_hashes_and_no_addresses() -> None:
    text = (node.HERE / "package-lock.json").read_text(encoding="utf-8")
    lock = json.loads(text)
    assert not re.search(r'"resolved"|\.tgz', text)
    named = json.loads((node.HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert set(named) == {"ws", "socket.io"}
    for name, version in named.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    for path, package in lock["packages"].items():
        assert not path or package["integrity"].startswith("sha512-")
