"""Wait until a process serves, and give up early on one that cannot."""

from __future__ import annotations

import http.client
import time

from reference_app.serving import probe
from reference_app.serving.host_process import units
from reference_app.serving.host_process.errors import HostError
from reference_app.serving.host_process.paths import HostPaths, read_setting, target_of
from reference_app.serving.host_process.processes import input_hash

MAX_ATTEMPTS = 120
MAX_WRONG_ANSWERS = 5
MAX_RESTARTS = 2
RETRY_SECONDS = 0.5


class NotServedError(HostError):
    """A process does not serve; ``messages`` are the last lines that it has logged."""

    def __init__(self, reason: Exception, messages: list[str]) -> None:
        super().__init__(f"not served: {reason}")
        self.messages = messages


def wait_until_served(paths: HostPaths, number: int, site: str, origin: str) -> None:
    """Wait until a process is ready and accepts a WebSocket, then store what it has read.

    ``site`` and ``origin`` are the host name and the origin of the requests (``probe.Place``).

    Raises:
        NotServedError: it keeps crashing, gives wrong answers, or is not ready in time.
        HostError: its settings are missing.
    """
    link = paths.process(number)
    release = target_of(link)
    if release is None:
        raise HostError(f"{link} leads to no release: start process {number} on one.")
    address = read_setting(paths.settings(number), "FAWRAN_ADDRESS")
    _probe_until_served(probe.Place(address, site, origin=origin), number)
    paths.served_hash(number).write_text(f"{input_hash(paths, number, release)}\n")


def _probe_until_served(place: probe.Place, number: int) -> None:
    wrong = 0
    failure: Exception | None = None
    for _ in range(MAX_ATTEMPTS):
        try:
            probe.probe(place, ready=True)
        except (probe.ProbeError, http.client.HTTPException, OSError) as error:
            failure = error
            wrong += not _is_starting(error)
        else:
            return
        if wrong >= MAX_WRONG_ANSWERS or units.count_restarts(number) >= MAX_RESTARTS:
            break
        time.sleep(RETRY_SECONDS)
    assert failure
    raise NotServedError(failure, units.last_messages(number))


def _is_starting(failure: Exception) -> bool:
    """Return whether a process that is still starting can fail in this way."""
    if isinstance(failure, http.client.HTTPException):  # some of them are OSErrors too
        return False
    return isinstance(failure, OSError | probe.NotReadyError)
