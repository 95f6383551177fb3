"""Find Node, and install the locked packages of the peers that run on it into var/.

Only these peers need Node and the packages. If they are not available, the peers are left out
of the run, and the report names them as absent.
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
"""Oldest major version of Node that the locked packages run on."""

PATIENCE = 120
"""Time-out in seconds for installing the packages."""


def modules() -> Path:
    """Return the folder of the locked packages, which may not exist yet.

    Its name depends on the lock file, so that each version of the lock file has its own folder.
    """
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:12]
    return HERE.parents[1] / "var" / "peers" / lock / "node_modules"


def obtain() -> None:
    """Check that Node is installed, and install the packages unless they are.

    Raises:
        NotObtainable: Node is not installed or too old, or the packages cannot be installed.
    """
    _check_node()
    target = modules().parent
    if target.exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise NotObtainable("npm is not installed, so its packages cannot be fetched")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Installed into a temporary folder, which is then renamed: an interrupted installation leaves
    # no incomplete packages.
    with tempfile.TemporaryDirectory(dir=target.parent, ignore_cleanup_errors=True) as temporary:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, temporary)
        _install(npm, Path(temporary))
        Path(temporary).rename(target)


def command(program: str, host: str, port: int, _tls: Certificate | None = None) -> list[str]:
    """Return the argument list of a peer's program; it does not support TLS."""
    return ["node", str(HERE / program), host, str(port)]


def environment() -> dict[str, str]:
    """Return the environment variables with which a peer's program finds its packages."""
    return {"NODE_PATH": str(modules()), "NODE_ENV": "production"}


def _check_node() -> None:
    node = shutil.which("node")
    if node is None:
        raise NotObtainable("Node is not installed")
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.", done.stdout)
    if found is None or int(found[1]) < OLDEST:
        version = done.stdout.strip() or "broken"
        raise NotObtainable(f"Node {OLDEST} or newer is needed; the one here is {version}")


def _install(npm: str, folder: Path) -> None:
    """Install the locked packages, without running scripts of the packages."""
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
