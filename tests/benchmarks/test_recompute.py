"""A script that shares no code with benchmarks/ comes to the published verdicts."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from benchmarks.measure.claims_file import CLAIMS
from benchmarks.recording import NEVER, PROCESS, Recording
from benchmarks.report.make import make_report
from reference_app.runtime.environment import ROOT

SCRIPT = Path(__file__).with_name("recompute.py")
SAMPLE = ROOT / "reports" / "sample"


def recompute(*arguments: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, timeout=120
    )


def test_every_published_verdict_follows_from_the_parquet_files_alone() -> None:
    done = recompute(SAMPLE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == 4 * 10 + 1
    assert "Every verdict follows" in done.stdout


def offers_nothing(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(offered=False)


def uses_twice_as_much(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(pss_bytes=table["pss_bytes"] * 2)


def loses_every_tenth(table: pd.DataFrame) -> pd.DataFrame:
    return table[table.index % 10 != 0]


PUBLISHED_MEMORY = next(
    answer["value"]
    for claim in json.loads((SAMPLE / "results.json").read_text(encoding="utf-8"))["claims"]
    for answer in claim["answers"]
    if (claim["id"], answer["server"]) == ("memory", "daphne")
)


@pytest.mark.parametrize(
    ("table", "fault", "named"),
    [
        ("probes", offers_nothing, "websocket: daphne not reproduced"),
        ("resources", uses_twice_as_much, f"memory: daphne {int(2 * PUBLISHED_MEMORY)}."),
        ("received", loses_every_tenth, "stability: daphne 9."),
    ],
)
def test_other_raw_data_no_longer_agrees_with_what_is_published(
    table: str, fault: object, named: str, tmp_path: Path
) -> None:
    assert callable(fault)
    run = tmp_path / "run"
    shutil.copytree(SAMPLE, run)
    path = run / "raw" / f"{table}.parquet"
    fault(pd.read_parquet(path)).to_parquet(path)
    done = recompute(run)
    assert done.returncode == 1, done.stderr
    assert named in done.stdout


def test_both_come_to_the_same_where_deliveries_never_came(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(SAMPLE, run)
    recording = Recording.read(run)
    kept = loses_every_tenth(recording.frame("received"))
    recording.parts["received"] = []
    recording.add_table("received", pa.Table.from_pandas(kept, preserve_index=False))
    recording.write(run)
    verdicts = {one["id"]: one["verdict"] for one in make_report(run)["claims"]}
    # The old server fails often now, as claimed, but so does the new one.
    assert verdicts["stability"] == "not reproduced"
    done = recompute(run)
    assert done.returncode == 0, done.stdout + done.stderr


def test_both_come_to_the_same_where_a_server_died_in_one_start(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(SAMPLE, run)
    recording = Recording.read(run)
    sessions = recording.frame("sessions")
    is_second = (
        (sessions["server"] == "daphne") & (sessions["repeat"] == 2) & (sessions["arm"] == "")
    )
    died = sessions[is_second & sessions["session"].isin(recording.frame("windows")["session"])]
    (number,), (began,) = died["session"], died["start_ns"]

    def without(name: str, **columns: object) -> None:
        """Write what a server that is dead from the start on leaves in a table."""
        table = recording.frame(name)
        recording.parts[name] = []
        of = table["session"] == number
        left = table[of].assign(**columns) if columns else table[of].iloc[:0]
        recording.add(name, pd.concat([table[~of], left]).to_dict("records"))

    without("received")
    without("sent", acked_ns=NEVER, seq=NEVER)
    without("http", ok=False)
    row = {"session": number, "kind": PROCESS, "start_ns": began, "duration_ns": 0, "ok": False}
    recording.add("operations", [row | {"detail": "process 1 of 1 was ended by SIGKILL"}])
    recording.write(run)
    answers = {
        claim["id"]: next(one for one in claim["answers"] if one["server"] == "daphne")
        for claim in make_report(run)["claims"]
    }
    assert answers["stability"]["verdict"] not in {"reproduced", "exceeded"}
    assert answers["stability"]["starts"] == answers["memory"]["starts"] + 1
    assert answers["throughput"]["ci95"][0] == 0
    done = recompute(run)
    assert done.returncode == 0, done.stdout + done.stderr


def remove(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def rename_a_column(path: Path) -> None:
    pd.read_parquet(path).rename(columns={"session": "sessions"}).to_parquet(path)


def forget_a_run(path: Path) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(found | {"runs": found["runs"][1:]}), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "damage", "why"),
    [
        ("raw/received.parquet", remove, "is missing."),
        ("raw/health.parquet", cut, "cannot be read: "),
        ("raw/probes.parquet", empty, "cannot be read: "),
        ("raw/http.parquet", rename_a_column, "has no column 'session'."),
        ("results.json", remove, "is missing."),
        ("results.json", cut, "cannot be read: "),
        ("results.json", forget_a_run, "cannot be read: Length of values"),
        ("claims.toml", cut, "has no 'design'."),
    ],
)
def test_what_cannot_be_read_is_one_line_and_status_2(
    name: str, damage: Callable[[Path], None], why: str, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(SAMPLE, run)
    damage(run / name)
    assert_one_line(recompute(run), f"recompute: {run / name} {why}")


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    assert_one_line(recompute(tmp_path / "none"), f"recompute: {tmp_path / 'none'} is no folder.")
    assert_one_line(recompute(SCRIPT), f"recompute: {SCRIPT} is no folder.")
    (tmp_path / "raw").mkdir()
    assert_one_line(
        recompute(tmp_path), f"recompute: {tmp_path / 'raw' / 'http.parquet'} is missing"
    )


def test_a_run_without_claims_says_what_it_is_judged_by(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(SAMPLE, run)
    (run / "claims.toml").unlink()
    done = recompute(run)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == f"recompute: {run} has no claims.toml; it is judged by {CLAIMS}\n"


def test_one_run_has_to_be_named() -> None:
    usage = "usage: python tests/benchmarks/recompute.py RUN\n"
    assert_one_line(recompute(), usage)
    assert_one_line(recompute(SAMPLE, SAMPLE), usage)


def assert_one_line(done: subprocess.CompletedProcess[str], opening: str) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(opening), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stdout == ""


def test_the_script_uses_pandas_and_numpy_and_nothing_of_the_project() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    used = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    foreign = {one.split(".")[0] for one in used} - set(sys.stdlib_module_names)
    assert foreign == {"numpy", "pandas"}
