"""The errors of the benchmark; their messages are sentences for the person who started it."""

from __future__ import annotations


class BenchmarkError(Exception):
    """The benchmark cannot continue; the message says what is wrong and what to do."""


class BadRequest(BenchmarkError):  # noqa: N818 - the user's request is wrong
    """The user asked for something that does not exist or does not fit this machine."""


class ServerFailed(BenchmarkError):  # noqa: N818
    """A server under test did not start."""


class ServerEnded(BenchmarkError):  # noqa: N818
    """A process of the server ended by itself, so that a scenario cannot be measured."""


class GeneratorFailed(BenchmarkError):  # noqa: N818
    """A load generator died or does not answer."""


class BadRecording(BenchmarkError):  # noqa: N818
    """Raw data of a run is missing or cannot be read."""


class NotObtainable(BenchmarkError):  # noqa: N818
    """A program that a server needs is not installed and cannot be; the message says which."""
