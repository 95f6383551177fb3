"""Tests of the modules that the role `app` installs for a host's own Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reference_app.runtime.environment import ROOT
from tests.deploy.files.ansible_tree import ANSIBLE, read

INSTALLED = Path("/usr/local/lib/fawran")
MODULES: list[str] = read(ANSIBLE / "roles/app/vars/main.yml")["__app_tool_modules"]
PROBE: list[str] = read(ANSIBLE / "roles/fawran/vars/main.yml")["__fawran_probe"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    for module in MODULES:
        (folder / module).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / module, folder / module)
    return folder


def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a Python that has only the standard library and the installed modules."""
    return subprocess.run(
        [sys.executable, "-S", "-P", *arguments],
        env=os.environ | {"PYTHONPATH": str(folder)},
        cwd=folder.parent,
        capture_output=True,
        text=True,
    )


def test_all_modules_of_the_tool_are_installed() -> None:
    tool = (ROOT / "reference_app/serving/host_process").glob("*.py")
    assert {str(path.relative_to(ROOT)) for path in tool} <= set(MODULES)


def test_the_tool_runs_without_a_release(installed: Path, tmp_path: Path) -> None:
    module = ("-m", "reference_app.serving.host_process", "--site", "localhost")
    done = run(installed, *module, "--root", tmp_path, "release", "1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_health_check_runs_without_a_release(installed: Path) -> None:
    script = installed / Path(PROBE[1]).relative_to(INSTALLED)
    done = run(installed, script, *PROBE[2:], "--port", "1")
    assert done.returncode == 1
    assert done.stderr.startswith("fawran: not served: [Errno 111]")


def test_every_role_uses_the_one_command_of_the_health_check() -> None:
    files = [path for path in (ANSIBLE / "roles").rglob("*") if path.suffix in {".yml", ".j2"}]
    naming = [path for path in files if re.search(r"\bprobe\.py", path.read_text(encoding="utf-8"))]
    assert {str(path.relative_to(ANSIBLE)) for path in naming} == {
        "roles/app/vars/main.yml",
        "roles/fawran/vars/main.yml",
    }


def test_the_health_check_gets_a_valid_host_name() -> None:
    """A site may be named `.chat.example`, which TLS does not accept as a server's name."""
    assert "--site={{ __fawran_name }}" in PROBE
    tool = (ANSIBLE / "roles/app/templates/fawran-process.j2").read_text(encoding="utf-8")
    assert "--site {{ __fawran_name | quote }}" in tool
