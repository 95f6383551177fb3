"""The roles and playbooks of ansible/, and a way to run ansible-playbook on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from reference_app.runtime.environment import ROOT

ANSIBLE = ROOT / "ansible"
ROLES = sorted(path.name for path in (ANSIBLE / "roles").iterdir() if path.is_dir())
PLAYBOOKS = sorted((ANSIBLE / "playbooks").glob("*.yml"))


def read(path: Path) -> Any:
    """Return the content of a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def defaults(role: str) -> dict[str, Any]:
    """Return the default variables of a role."""
    found: dict[str, Any] = read(ANSIBLE / "roles" / role / "defaults/main.yml") or {}
    return found


def options(role: str) -> dict[str, dict[str, Any]]:
    """Return the variables that the argument specification of a role names."""
    specs = read(ANSIBLE / "roles" / role / "meta/argument_specs.yml")
    found: dict[str, dict[str, Any]] = specs["argument_specs"]["main"]["options"]
    return found


def ansible_playbook(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ansible-playbook in the folder ansible/."""
    return subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), *arguments],
        cwd=ANSIBLE,
        env=os.environ | {"ANSIBLE_NOCOLOR": "1", **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
