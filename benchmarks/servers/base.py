"""What a server under test is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from reference_app.serving.commands import Certificate

Transport = Literal["polling", "websocket"]


Command = Callable[[str, int, Certificate | None], list[str]]
"""Gives the argument list that serves on a host and port, with TLS given a certificate."""


@dataclass(frozen=True)
class Server:
    """A way of serving the application.

    ``judged`` servers appear in the claims; those ``beside`` them are measured for
    comparison; the others are there for calibration.
    """

    name: str
    summary: str
    transport: Transport
    command: Command
    needs_redis: bool
    environment: Mapping[str, str] = field(default_factory=dict)
    judged: bool = True
    beside: bool = False
