"""What a recording shows: the windows, measured, and what was probed."""

from __future__ import annotations

from collections.abc import Collection

from benchmarks.measure.metrics import Evidence
from benchmarks.measure.runs import runs
from benchmarks.recording import Recording


def evidence_of(recording: Recording, recorded_without: Collection[str] = ()) -> Evidence:
    """Return what a recording shows; ``recorded_without`` is its manifest's."""
    probes = recording.frame("probes").merge(recording.frame("sessions"), on="session")
    return Evidence(runs(recording, recorded_without), probes)
