"""Make the report of a run from its raw data, in the same way after the run and later."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.measure.claims import judge
from benchmarks.measure.claims_file import CLAIMS, load_claims
from benchmarks.measure.evidence import evidence_of
from benchmarks.recording import Manifest, Recording
from benchmarks.report.pages import JUDGED_BY, write_pages
from benchmarks.report.pictures.draw import draw
from benchmarks.report.results import check_manifest, results
from benchmarks.report.spreadsheets import write_spreadsheets
from benchmarks.report.values import Json


def make_report(run: Path, claims: Path | None = None) -> Json:
    """Write results.json, its tables, the pictures and the pages of a run; return the results.

    ``claims`` is the claims file that the run is judged by. Its default is that of ``claims_of``.
    If it is not the run's own, it is kept in the folder as JUDGED_BY, so that the results can be
    understood and recomputed from the folder alone.

    Raises:
        BadRecording: the run's raw data is missing or not readable.
        BadRequest: the claims file is not valid.
    """
    manifest = Manifest.read(run)
    check_manifest(run, manifest)
    judged_by = claims or claims_of(run)
    claims_file = load_claims(judged_by)
    evidence = evidence_of(Recording.read(run), manifest.recorded_without)
    found = results(manifest, evidence, judge(claims_file, evidence))
    _keep_claims(run, judged_by)
    text = json.dumps(found, indent=1, ensure_ascii=False)
    (run / "results.json").write_text(text + "\n", encoding="utf-8")
    write_spreadsheets(run, found)
    write_pages(run, found, draw(run / "plots", evidence, found))
    return found


def claims_of(run: Path) -> Path:
    """Return the claims file that a run was planned with, or the published one if it has none."""
    own = run / CLAIMS.name
    return own if own.exists() else CLAIMS


def _keep_claims(run: Path, judged_by: Path) -> None:
    """Keep the claims file that a run was judged by in its folder, if it is not the run's own."""
    copy, text = run / JUDGED_BY, judged_by.read_bytes()
    copy.unlink(missing_ok=True)
    if judged_by.resolve() != (run / CLAIMS.name).resolve():
        copy.write_bytes(text)
