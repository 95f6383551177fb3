"""What a server under test is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from reference_app.serving.commands import Certificate

Client = str
"""What the generator's users are: the name of a transport, or, where there is more to receive
than a page would, "picows" or "socket.io": sockets of picows on either wire (wires.py)."""

Role = Literal["judged", "comparison", "fanout", "bare"]
"""What a server is measured for: because the claims are about it ("judged"), to compare with
those, in the fan-out alone, or, having no application, as a peer in the fan-out and to
calibrate."""

Command = Callable[[str, int, Certificate | None], list[str]]
"""Gives the argument list that serves on a host and port, with TLS given a certificate."""

Serves = Literal["all", "requests", "sockets"]
"""What a part of a server is sent: as a proxy would divide it by path, or everything."""


def _is_here() -> None:
    """Do nothing: what a server is made of was installed with the project."""


@dataclass(frozen=True)
class Part:
    """Processes of a server that are started by the same command.

    One that ``uses_one_processor`` is started several times where the server has several
    processors, each time on a port of its own. ``drain_option`` is the option, if there is
    one, that takes the seconds over which a process closes its sockets before it ends.
    """

    command: Command
    serves: Serves = "all"
    uses_one_processor: bool = False
    drain_option: str = ""

    def processes(self, wanted: int) -> int:
        """Return how many times it is started if its server is to have so many processes."""
        return wanted if self.uses_one_processor else 1


@dataclass(frozen=True)
class Server:
    """A way of serving the application, or of broadcasting without one.

    Its ``parts`` share one database, one Redis and one ``environment``; those that answer
    requests come first. ``transport`` is the name of one. ``client`` is what a fan-out is
    received by. ``obtain`` sees that all that the server is made of is here, and raises
    NotObtainable if it cannot be had. One that ``offers_metrics`` is given an address to
    offer them at, and so counts.
    """

    name: str
    summary: str
    transport: str
    parts: tuple[Part, ...]
    needs_redis: bool
    environment: Mapping[str, str] = field(default_factory=dict)
    role: Role = "judged"
    client: Client = "picows"
    obtain: Callable[[], None] = _is_here
    offers_metrics: bool = False
