"""The definition of a server under test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from reference_app.serving.commands import Certificate

Client = str
"""The kind of the generator's users: the name of a transport, or "picows" or "socket.io". The
last two are for users who receive more than a page does: sockets of picows, with the chat's
protocol or with Socket.IO's (generator/wires.py)."""

Role = Literal["judged", "comparison", "fanout", "bare"]
"""The reason why a server is measured. "judged": the claims are about it. "comparison": it is
compared with the judged ones. "fanout": it is measured in the fan-out only. "bare": it has no
application, and is used as a peer in the fan-out and for calibration."""

Command = Callable[[str, int, Certificate | None], list[str]]
"""A function that returns the argument list of a server for a host, a port and, if it serves TLS,
a certificate."""

Serves = Literal["all", "requests", "sockets"]
"""The traffic that a part of a server gets: everything, or one of the two kinds into which a proxy
would divide it by path."""


def _obtain_nothing() -> None:
    """Do nothing: the programs of a server were installed with the project."""


@dataclass(frozen=True)
class Part:
    """Processes of a server that are started by the same command.

    With ``uses_one_processor``, it is started several times if the server has several processors,
    each time on a port of its own. ``drain_option`` is the option, if there is one, for the
    seconds over which a process closes its sockets before it ends.
    """

    command: Command
    serves: Serves = "all"
    uses_one_processor: bool = False
    drain_option: str = ""

    def processes(self, wanted: int) -> int:
        """Return how many times it is started if this number of processes is wanted."""
        return wanted if self.uses_one_processor else 1


@dataclass(frozen=True)
class Server:
    """A way of serving the application, or of broadcasting without one.

    Its ``parts`` share one database, one Redis and one ``environment``; those that answer
    requests come first. ``transport`` is the name of a transport. ``client`` is the kind of
    users in scenarios with crowds of their own. ``obtain`` installs the programs of the server
    if they are missing, and raises NotObtainable if that is impossible. With ``offers_metrics``,
    the server gets an address for its metrics, so that it counts them.
    """

    name: str
    summary: str
    transport: str
    parts: tuple[Part, ...]
    needs_redis: bool
    environment: Mapping[str, str] = field(default_factory=dict)
    role: Role = "judged"
    client: Client = "picows"
    obtain: Callable[[], None] = _obtain_nothing
    offers_metrics: bool = False
