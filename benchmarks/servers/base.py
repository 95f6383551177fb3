"""What a server under test is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from reference_app.serving.commands import Certificate

Transport = Literal["polling", "websocket"]
Client = Literal["polling", "websocket", "picows", "socket.io"]
"""What the generator's users are: pages that poll, sockets of the `websockets` library, or,
where there is more to receive than that carries, sockets of picows on either wire."""

Role = Literal["judged", "comparison", "fanout", "bare"]
"""What a server is measured for: because claims are about it, beside those for comparison,
in the fan-out alone, or, having no application, as a peer in the fan-out and to calibrate."""

Command = Callable[[str, int, Certificate | None], list[str]]
"""Gives the argument list that serves on a host and port, with TLS given a certificate."""


def _is_here() -> None:
    """Do nothing: what a server is made of was installed with the project."""


@dataclass(frozen=True)
class Server:
    """A way of serving the application, or of broadcasting without one.

    ``client`` is what a fan-out is received by. ``obtain`` sees that all that the server is
    made of is here, and raises NotObtainable if it cannot be had. ``drain_option`` is the
    option, if there is one, that takes the seconds over which it lets its sockets go. One
    that ``offers_metrics`` is given an address to offer them at, and so counts.
    """

    name: str
    summary: str
    transport: Transport
    command: Command
    needs_redis: bool
    environment: Mapping[str, str] = field(default_factory=dict)
    role: Role = "judged"
    client: Client = "picows"
    obtain: Callable[[], None] = _is_here
    drain_option: str = ""
    offers_metrics: bool = False
