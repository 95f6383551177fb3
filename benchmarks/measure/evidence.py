"""Read the evidence of a recording: its measured windows and the results of its probes."""

from __future__ import annotations

from collections.abc import Collection

from benchmarks.measure.metrics import Evidence
from benchmarks.measure.runs import runs
from benchmarks.recording import Recording


def evidence_of(recording: Recording, recorded_without: Collection[str] = ()) -> Evidence:
    """Return the evidence of a recording; ``recorded_without`` comes from its manifest."""
    probes = recording.frame("probes").merge(recording.frame("sessions"), on="session")
    return Evidence(runs(recording, recorded_without), probes)
