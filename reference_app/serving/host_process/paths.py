"""Where the role `app` puts the chat's releases, links, settings and secrets on a host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from reference_app.serving.host_process.errors import HostError

_SETTINGS = re.compile(r"daphne-([0-9]+)\.env")
_SECRETS = ("app-secret-key", "database-url", "redis-url")


@dataclass(frozen=True)
class HostPaths:
    """The chat's files on a host; ``root`` is another folder only in tests."""

    root: Path = Path("/")

    @property
    def releases(self) -> Path:
        """The folder of the releases."""
        return self.root / "opt/fawran/releases"

    @property
    def current(self) -> Path:
        """The link to the release that the host serves."""
        return self.root / "opt/fawran/current"

    @property
    def previous(self) -> Path:
        """The link to the release that the host served before."""
        return self.root / "opt/fawran/previous"

    @property
    def processes(self) -> Path:
        """The folder with a link for each process."""
        return self.root / "opt/fawran/process"

    def process(self, number: int) -> Path:
        """Return the link to the release of a process."""
        return self.processes / str(number)

    def served_hash(self, number: int) -> Path:
        """Return the file with the hash of what a process has read, written once it serves."""
        return self.processes / f"{number}.good"

    def settings(self, number: int) -> Path:
        """Return the file with the addresses of a process."""
        return self.root / f"etc/fawran/daphne-{number}.env"

    def inputs(self, number: int) -> list[Path]:
        """Return all files outside its release that a process reads when it starts."""
        return [
            self.root / "etc/fawran/fawran.env",
            self.settings(number),
            self.root / "etc/systemd/system/daphne@.service",
            *(self.root / "etc/fawran/secrets" / name for name in _SECRETS),
        ]

    def numbers(self) -> list[int]:
        """Return the numbers of the processes that have settings."""
        names = [path.name for path in (self.root / "etc/fawran").glob("daphne-*.env")]
        return sorted(int(match[1]) for name in names if (match := _SETTINGS.fullmatch(name)))


def read_setting(path: Path, name: str) -> str:
    """Return the value of a line ``NAME=value``.

    Raises:
        HostError: the file or the line is missing.
    """
    for line in read_input(path).decode().splitlines():
        key, _, value = line.partition("=")
        if key == name and value:
            return value
    raise HostError(f"{path} has no {name}: run site.yml.")


def read_input(path: Path) -> bytes:
    """Return the content of a file that the role `app` writes.

    Raises:
        HostError: the file is missing.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise HostError(f"{path} is missing: run site.yml.") from None


def target_of(link: Path) -> Path | None:
    """Return the file or folder that a link leads to, or None if it does not exist."""
    try:
        return link.resolve(strict=True)
    except FileNotFoundError:
        return None


def require_release(release: Path) -> Path:
    """Return the absolute path of a release.

    Raises:
        HostError: it does not exist.
    """
    found = target_of(release)
    if found is None:
        raise HostError(f"there is no release {release}.")
    return found


def replace_link(link: Path, target: Path) -> None:
    """Create a link, or replace it in one step, so that it always leads somewhere."""
    new = link.with_name(f"{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)
