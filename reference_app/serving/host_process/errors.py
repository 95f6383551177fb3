"""The error that a command of `fawran-process` reports."""

from __future__ import annotations


class HostError(Exception):
    """A command cannot do its work; the message is one line for the operator."""
