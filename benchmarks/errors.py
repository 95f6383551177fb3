"""What can go wrong with a benchmark, as sentences for the person who started it."""

from __future__ import annotations


class BenchmarkError(Exception):
    """The benchmark cannot go on; the message says what is wrong and what to do."""


class BadRequest(BenchmarkError):  # noqa: N818 - it is what the user asked for
    """What was asked for does not exist or does not fit this machine."""


class ServerFailed(BenchmarkError):  # noqa: N818
    """A server under test did not start."""


class ServerEnded(BenchmarkError):  # noqa: N818
    """A process of the server ended by itself, so that a scenario cannot be measured."""


class GeneratorFailed(BenchmarkError):  # noqa: N818
    """A load generator died or does not answer."""


class BadRecording(BenchmarkError):  # noqa: N818
    """Raw data of a run is missing or not readable."""


class NotObtainable(BenchmarkError):  # noqa: N818
    """What a server is made of is not here and cannot be fetched; the message says what."""
