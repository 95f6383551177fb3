"""From a run's raw data to its report: the one way, right after a run and ever after."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.measure.claims import Judgement, judge, load_claims
from benchmarks.measure.metrics import Evidence
from benchmarks.measure.runs import runs
from benchmarks.recording import Manifest, Recording
from benchmarks.report.pages import write_pages
from benchmarks.report.plots import draw
from benchmarks.report.results import results
from benchmarks.report.values import Json


def make_report(run: Path) -> Json:
    """Write results.json, the plots, report.md and report.html of a run; return the results.

    Raises:
        BadRecording: the run's raw data is missing or not readable.
    """
    manifest = Manifest.read(run)
    evidence = evidence_of(Recording.read(run))
    judgements = judge_all(evidence)
    found = results(manifest, evidence, judgements)
    text = json.dumps(found, indent=1, ensure_ascii=False)
    (run / "results.json").write_text(text + "\n", encoding="utf-8")
    plots = draw(run / "plots", evidence, judgements)
    write_pages(run, found, plots)
    return found


def evidence_of(recording: Recording) -> Evidence:
    """Return what a recording shows."""
    probes = recording.frame("probes").merge(recording.frame("sessions"), on="session")
    return Evidence(runs(recording), probes)


def judge_all(evidence: Evidence) -> list[Judgement]:
    """Return the judgement of every claim."""
    return [judge(claim, evidence) for claim in load_claims()]
