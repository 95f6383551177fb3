"""The definition of a transport: how a user of a server receives new events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from benchmarks.generator.members import Member
from benchmarks.generator.users import User, UserContext


@dataclass(frozen=True)
class Transport:
    """One way in which a page receives new events.

    ``name`` is its name in the raw data. ``longest_ms`` is the longest delay of the transport
    itself, if the server were infinitely fast. ``user`` creates a user of it. ``setting`` is
    the value of the application's setting FAWRAN_TRANSPORT.
    """

    name: str
    summary: str
    longest_ms: float
    user: Callable[[Member, UserContext], User]
    setting: Literal["polling", "websocket"]
