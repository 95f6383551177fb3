"""Node and the packages of its peers: fetched at need, as locked, into var/.

Neither is needed for anything else. Where they cannot be had, the peers are left out of
the run and the report names them as absent.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.errors import NotObtainable
from reference_app.serving.commands import Certificate

HERE = Path(__file__).resolve().parent
OLDEST = 18
"""Major version of Node from which on the locked packages run."""

PATIENCE = 120
"""Seconds that fetching the packages may take."""


def modules() -> Path:
    """Return where the packages of the lock are, or will be: another lock, another folder."""
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:12]
    return HERE.parents[1] / "var" / "peers" / lock / "node_modules"


def obtain() -> None:
    """See that Node is there, and fetch the packages unless they are.

    Raises:
        NotObtainable: there is no Node, it is too old, or the packages cannot be had.
    """
    _check_node()
    target = modules().parent
    if target.exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise NotObtainable("npm is not installed, so its packages cannot be fetched")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Made aside and moved into place whole: a fetch that was cut short leaves nothing behind.
    with tempfile.TemporaryDirectory(dir=target.parent, ignore_cleanup_errors=True) as aside:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, aside)
        _fetch(npm, Path(aside))
        Path(aside).rename(target)


def command(program: str, host: str, port: int, _tls: Certificate | None = None) -> list[str]:
    """Return the argument list of a peer's program; it has no TLS."""
    return ["node", str(HERE / program), host, str(port)]


def environment() -> dict[str, str]:
    """Return what lets a peer's program find its packages."""
    return {"NODE_PATH": str(modules()), "NODE_ENV": "production"}


def _check_node() -> None:
    node = shutil.which("node")
    if node is None:
        raise NotObtainable("Node is not installed")
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.", told.stdout)
    if found is None or int(found[1]) < OLDEST:
        version = told.stdout.strip() or "broken"
        raise NotObtainable(f"Node {OLDEST} or newer is needed; the one here is {version}")


def _fetch(npm: str, folder: Path) -> None:
    """Install what the lock names, running no script of any package."""
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise NotObtainable(f"npm did not fetch its packages within {PATIENCE} s") from None
    if done.returncode:
        codes = re.findall(r"npm (?:error|ERR!) code (\w+)", done.stderr)
        why = codes[0] if codes else f"status {done.returncode}"
        raise NotObtainable(f"npm could not fetch its packages ({why})")
