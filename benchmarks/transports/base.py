"""What a transport is: how a user of a server learns what is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from benchmarks.generator.members import Member
from benchmarks.generator.users import User, UserContext


@dataclass(frozen=True)
class Transport:
    """One way in which a page learns what is new.

    ``name`` is what the raw data record. ``longest_ms`` is the longest time that the
    transport takes by itself, were the server infinitely fast. ``user`` makes somebody
    who is served by it. ``setting`` is what the application's FAWRAN_TRANSPORT is for it.
    """

    name: str
    summary: str
    longest_ms: float
    user: Callable[[Member, UserContext], User]
    setting: Literal["polling", "websocket"]
