"""Test that the published runs follow from their raw data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest

from benchmarks.measure.claims import judge
from benchmarks.measure.claims_file import load_claims
from benchmarks.measure.evidence import evidence_of
from benchmarks.recording import CHECKS, Manifest, Recording
from benchmarks.report.captions import caption
from benchmarks.report.fanout import fanout_results
from benchmarks.report.make import make_report
from benchmarks.report.pictures.draw import figures
from benchmarks.report.results import results, schema
from reference_app.runtime.environment import ROOT

SAMPLE = ROOT / "reports" / "sample"


@pytest.fixture(scope="module")
def published() -> dict[str, object]:
    loaded: dict[str, object] = json.loads((SAMPLE / "results.json").read_text(encoding="utf-8"))
    return loaded


def test_the_published_results_match_the_published_schema(published: dict[str, object]) -> None:
    jsonschema.validate(published, schema())
    assert published["complete"]
    assert published["profile"] == "standard"


def test_the_verdicts_follow_from_the_parquet_files_alone(published: dict[str, object]) -> None:
    recording = Recording.read(SAMPLE)
    manifest = Manifest.read(SAMPLE)
    evidence = evidence_of(recording, manifest.recorded_without)
    found = results(manifest, evidence, judge(load_claims(), evidence))
    assert found["claims"] == published["claims"]
    assert len(found["claims"]) == 10


def test_the_published_fan_out_follows_from_its_raw_data() -> None:
    folder = ROOT / "reports" / "fanout"
    published = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    jsonschema.validate(published, schema())
    assert published["complete"]
    evidence = evidence_of(Recording.read(folder), Manifest.read(folder).recorded_without)
    assert fanout_results(evidence) == published["fanout"]
    assert {one["repeats"] for one in published["fanout"]["servers"]} == {3}


@pytest.mark.parametrize(
    ("run", "scenarios"),
    [
        ("fanout", {"fanout"}),
        ("fanout-5000", {"fanout"}),
        ("scale", {"scale", "storing", "restart"}),
        ("restart", {"storing", "restart"}),
        ("postgresql", {"storing"}),
    ],
)
def test_the_figures_beyond_the_claims_follow_from_their_raw_data(
    run: str, scenarios: set[str]
) -> None:
    folder = ROOT / "reports" / run
    published = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    jsonschema.validate(published, schema())
    assert published["complete"]
    manifest = Manifest.read(folder)
    evidence = evidence_of(Recording.read(folder), manifest.recorded_without)
    found = results(manifest, evidence, judge(load_claims(), evidence))
    assert found["figures"] == published["figures"]
    assert {one["scenario"] for one in published["figures"]} == scenarios


def test_a_run_that_no_claim_is_about_gives_no_verdicts(tmp_path: Path) -> None:
    for run, judged in ((SAMPLE, True), (SAMPLE.with_name("restart"), False)):
        again = tmp_path / run.name
        shutil.copytree(run, again)
        make_report(again)
        for page in ("report.md", "report.html"):
            text = (again / page).read_text(encoding="utf-8")
            assert ("Verdicts</h2>" in text or "## Verdicts" in text) is judged
            assert ("judges no claim" in text) is not judged


def test_other_raw_data_gives_other_verdicts(tmp_path: Path) -> None:
    recording = Recording.read(SAMPLE)
    before = {
        one.claim.id: one.verdict for one in judge(load_claims(), evidence_of(recording, CHECKS))
    }
    probes = recording.frame("probes").assign(offered=False)
    recording.parts["probes"] = []
    recording.add("probes", probes.to_dict("records"))
    recording.write(tmp_path)
    again = evidence_of(Recording.read(tmp_path), CHECKS)
    after = {one.claim.id: one.verdict for one in judge(load_claims(), again)}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"websocket", "http2"}


def test_pictures_of_the_report_are_published() -> None:
    for name in ("latency", "users", "resources", "http", "claims"):
        for ending in ("svg", "png"):
            assert (SAMPLE / "plots" / f"{name}.{ending}").stat().st_size > 0


def test_no_session_of_a_simulated_user_is_published() -> None:
    for path in (SAMPLE / "raw").glob("*.parquet"):
        assert not {"cookie", "session_key", "csrf"} & set(pd.read_parquet(path).columns)


def test_a_caption_counts_the_points_of_its_picture() -> None:
    published = json.loads((SAMPLE / "results.json").read_text(encoding="utf-8"))
    evidence = evidence_of(Recording.read(SAMPLE), Manifest.read(SAMPLE).recorded_without)
    counted = {"late", "typing-late", "cpu", "resources", "users", "http", "errors"}
    for name, figure in figures(evidence, published):
        if name in counted:
            points = sum(
                np.isfinite(np.asarray(line.get_ydata(), float)).sum()
                for line in figure.axes[0].lines
                if line.get_marker() != "None"
            )
            assert caption(name, published).values["windows"] == str(points), name
            counted.remove(name)
    assert counted == set()
