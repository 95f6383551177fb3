"""Start and stop the processes of a host, and find those that have to be replaced."""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Iterator
from pathlib import Path

from reference_app.serving import probe
from reference_app.serving.host_process import units
from reference_app.serving.host_process.errors import HostError
from reference_app.serving.host_process.paths import (
    HostPaths,
    read_input,
    read_setting,
    replace_link,
    require_release,
    target_of,
)

SOCKETS_OPEN = "fawran_sockets_open"
"""A copy of the name in runtime/metrics.py, whose import would load the application's libraries."""

_METRICS_BYTES = 1 << 20


def is_outdated(paths: HostPaths, number: int, release: Path) -> bool:
    """Return whether a process does not serve a release with the current settings.

    Raises:
        HostError: its settings are missing.
    """
    if not units.is_active(number):
        return True
    served = paths.served_hash(number)
    return not served.exists() or served.read_text().strip() != input_hash(paths, number, release)


def input_hash(paths: HostPaths, number: int, release: Path) -> str:
    """Return a hash of everything that a process reads when it starts.

    Raises:
        HostError: its settings are missing.
    """
    digest = hashlib.sha256(f"{target_of(release) or release}\n".encode())
    for path in paths.inputs(number):
        digest.update(read_input(path))
    return digest.hexdigest()


def start(paths: HostPaths, number: int, release: Path) -> None:
    """Start a process on a release.

    Raises:
        HostError: the release is missing, or systemd cannot start the process.
    """
    folder = require_release(release)
    paths.served_hash(number).unlink(missing_ok=True)
    replace_link(paths.process(number), folder)
    units.start(number)


def remove_above(paths: HostPaths, count: int) -> Iterator[int]:
    """Stop the processes with numbers above a count, remove their files, and yield the numbers.

    Raises:
        HostError: systemd cannot stop a process.
    """
    for number in paths.numbers():
        if number > count:
            units.disable(number)
            for path in (paths.process(number), paths.served_hash(number), paths.settings(number)):
                path.unlink(missing_ok=True)
            yield number


def count_sockets(paths: HostPaths) -> Iterator[tuple[str, int]]:
    """Yield the metrics address and the number of open sockets of each process.

    Raises:
        HostError: a process does not serve this metric.
    """
    for number in paths.numbers():
        address = read_setting(paths.settings(number), "FAWRAN_METRICS")
        yield address, _read_sockets(address)


def _read_sockets(address: str) -> int:
    try:
        _, text = probe.get(probe.Place(address, "localhost"), "/metrics", _METRICS_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise HostError(f"{address} serves no metrics: {error}") from None
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name == SOCKETS_OPEN:
            return int(float(value))
    raise HostError(f"{address} does not serve the metric {SOCKETS_OPEN}.")
