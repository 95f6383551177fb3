"""Tests that recompute.py, which shares no code with benchmarks/, finds the published verdicts."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from benchmarks.measure.claims_file import CLAIMS
from benchmarks.recording import LOCUST_FROM, NEVER, PROCESS, Recording
from benchmarks.report.make import make_report
from reference_app.runtime.environment import ROOT
from tests.benchmarks import recompute as script

SCRIPT = Path(__file__).with_name("recompute.py")
SAMPLE = ROOT / "reports" / "sample"


def recompute(*arguments: Path) -> subprocess.CompletedProcess[str]:
    """Run the script in this process; return its status and what it prints."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        status = script.main([str(one) for one in arguments])
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


def test_every_published_verdict_follows_from_the_parquet_files_alone() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, SAMPLE], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == 5 * 10 + 1
    assert "Every verdict, value, change, bound and 95 % interval follows" in done.stdout


def without_any_offer(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(offered=False)


def with_twice_the_memory(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(pss_bytes=table["pss_bytes"] * 2)


def without_every_tenth_row(table: pd.DataFrame) -> pd.DataFrame:
    return table[table.index % 10 != 0]


PUBLISHED_MEMORY = next(
    answer["value"]
    for claim in json.loads((SAMPLE / "results.json").read_text(encoding="utf-8"))["claims"]
    for answer in claim["answers"]
    if (claim["id"], answer["server"]) == ("memory", "daphne")
)


@pytest.mark.long
@pytest.mark.parametrize(
    ("table", "change", "difference"),
    [
        ("probes", without_any_offer, "websocket: daphne not reproduced"),
        ("resources", with_twice_the_memory, f"memory: daphne {int(2 * PUBLISHED_MEMORY)}."),
        ("received", without_every_tenth_row, "stability: daphne 9."),
    ],
)
def test_changed_raw_data_differs_from_the_published_results(
    table: str, change: object, difference: str, tmp_path: Path
) -> None:
    assert callable(change)
    run = tmp_path / "run"
    shutil.copytree(SAMPLE, run)
    path = run / "raw" / f"{table}.parquet"
    change(pd.read_parquet(path)).to_parquet(path)
    done = recompute(run)
    assert done.returncode == 1, done.stderr
    assert difference in done.stdout


def of(results: dict[str, Any], claim: str, server: str) -> dict[str, Any]:
    """Return the answer to a claim for a server."""
    (found,) = (one for one in results["claims"] if one["id"] == claim)
    answer: dict[str, Any]
    (answer,) = (one for one in found["answers"] if one["server"] == server)
    return answer


def changed(server: str = "daphne", **fields: object) -> Callable[[dict[str, Any]], None]:
    """Return a function that changes the answer about CPU."""
    return lambda results: of(results, "cpu", server).update(fields)


def without_an_answer(results: dict[str, Any]) -> None:
    (cpu,) = (one for one in results["claims"] if one["id"] == "cpu")
    cpu["answers"] = [one for one in cpu["answers"] if one["server"] != "split"]


def without_a_claim(results: dict[str, Any]) -> None:
    results["claims"] = [one for one in results["claims"] if one["id"] != "cpu"]


def with_another_claim(results: dict[str, Any]) -> None:
    results["claims"].append(results["claims"][0] | {"id": "invented"})


def with_another_verdict(results: dict[str, Any]) -> None:
    results["claims"][2]["verdict"] = "contradicted"


@pytest.fixture(scope="module")
def recomputed() -> dict[tuple[str, str], script.Answer]:
    """Return every answer that follows from the raw data of the published run."""
    _raw, answers = script.recompute(SAMPLE)
    return answers


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (changed(verdict="invalid"), "cpu: daphne exceeded, published is invalid"),
        (changed(change_percent=-60.0), "cpu: daphne change_percent -51."),
        (changed(change_ci95=[-70.0, -50.0]), "cpu: daphne change_ci95 [-59."),
        (changed(ci95=[0.1, 0.2]), "cpu: daphne ci95 [0.6"),
        (changed(role="comparison"), "cpu: daphne role candidate, published is comparison"),
        (changed(change_bound="at least"), "cpu: daphne change_bound , published is at least"),
        (changed("gunicorn", value=3.0), "cpu: gunicorn 1.5"),
        (without_an_answer, "cpu: split is not published"),
        (without_a_claim, "cpu: daphne is not published"),
        (with_another_claim, "invented: daphne follows from nothing"),
        (with_another_verdict, "cpu: exceeded, published is contradicted"),
    ],
)
def test_changed_results_differ_from_the_raw_data(
    change: Callable[[dict[str, Any]], None],
    difference: str,
    recomputed: dict[tuple[str, str], script.Answer],
) -> None:
    results = json.loads((SAMPLE / "results.json").read_text(encoding="utf-8"))
    change(results)
    found = script.compare(recomputed, {claim["id"]: claim for claim in results["claims"]})
    assert any(difference in line for line in found), found


@pytest.mark.long
def test_the_script_and_the_report_agree_if_the_instrument_failed(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(SAMPLE, run)
    recording = Recording.read(run)
    health = recording.frame("health")
    recording.parts["health"] = []
    is_locust = health["generator"] >= LOCUST_FROM
    recording.add("health", health[~is_locust].to_dict("records"))
    recording.write(run)
    verdicts = {one["id"]: one["verdict"] for one in make_report(run)["claims"]}
    assert verdicts["throughput"] == "invalid"
    assert verdicts["cpu"] == "exceeded"
    done = recompute(run)
    assert done.returncode == 0, done.stdout + done.stderr


def memory_of(results: dict[str, Any]) -> str:
    return next(one["verdict"] for one in results["claims"] if one["id"] == "memory")


@pytest.mark.long
def test_the_claims_that_a_run_was_judged_by_are_kept_in_its_folder(tmp_path: Path) -> None:
    run, other = tmp_path / "run", tmp_path / "other.toml"
    shutil.copytree(SAMPLE, run)
    text = (run / "claims.toml").read_text(encoding="utf-8")
    for threshold, verdict in (("-90", "not reproduced"), ("-30", "reproduced")):
        changed = text.replace(
            "at_most = -30, beyond = -37.5, zone = [-35, -25], zone_at_end = [-40, -20]",
            f"at_most = {threshold}",
        )
        assert changed != text
        other.write_text(changed, encoding="utf-8")
        assert memory_of(make_report(run, other)) == verdict
        assert (run / "judged-by.toml").read_text(encoding="utf-8") == other.read_text("utf-8")
        other.unlink()
        done = recompute(run)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (run / "claims.toml").read_text(encoding="utf-8") == text
    assert memory_of(make_report(run)) == "reproduced"
    assert not (run / "judged-by.toml").exists()


@pytest.mark.long
def test_the_script_and_the_report_agree_if_deliveries_are_lost(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(SAMPLE, run)
    recording = Recording.read(run)
    kept = without_every_tenth_row(recording.frame("received"))
    recording.parts["received"] = []
    recording.add_table("received", pa.Table.from_pandas(kept, preserve_index=False))
    recording.write(run)
    verdicts = {one["id"]: one["verdict"] for one in make_report(run)["claims"]}
    # Now the old server fails often, as claimed, but the new one does too.
    assert verdicts["stability"] == "not reproduced"
    done = recompute(run)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_the_script_and_the_report_agree_if_a_server_died_in_one_start(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(SAMPLE, run)
    recording = Recording.read(run)
    sessions = recording.frame("sessions")
    is_second = (
        (sessions["server"] == "daphne") & (sessions["repeat"] == 2) & (sessions["arm"] == "")
    )
    died = sessions[is_second & sessions["session"].isin(recording.frame("windows")["session"])]
    (number,), (began,) = died["session"], died["start_ns"]

    def replace_rows_of_dead_server(name: str, **columns: object) -> None:
        """Change a table as if the server had been dead from the start of the session.

        Without ``columns`` remove the rows of the session; otherwise set these columns in them.
        """
        table = recording.frame(name)
        recording.parts[name] = []
        is_of_session = table["session"] == number
        rows = table[is_of_session]
        rows = rows.assign(**columns) if columns else rows.iloc[:0]
        recording.add(name, pd.concat([table[~is_of_session], rows]).to_dict("records"))

    replace_rows_of_dead_server("received")
    replace_rows_of_dead_server("sent", acked_ns=NEVER, seq=NEVER)
    replace_rows_of_dead_server("http", ok=False)
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


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def rename_a_column(path: Path) -> None:
    pd.read_parquet(path).rename(columns={"session": "sessions"}).to_parquet(path)


def change_a_type(path: Path) -> None:
    results = json.loads(path.read_text(encoding="utf-8"))
    of(results, "cpu", "daphne")["value"] = "0.75"
    path.write_text(json.dumps(results), encoding="utf-8")


def remove_a_verdict(path: Path) -> None:
    results = json.loads(path.read_text(encoding="utf-8"))
    del of(results, "cpu", "daphne")["verdict"]
    path.write_text(json.dumps(results), encoding="utf-8")


def remove_a_window(path: Path) -> None:
    results = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(results | {"runs": results["runs"][1:]}), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "damage", "why"),
    [
        ("raw/received.parquet", remove, "is missing."),
        ("raw/health.parquet", truncate, "cannot be read: "),
        ("raw/probes.parquet", empty, "cannot be read: "),
        ("raw/http.parquet", rename_a_column, "has no column 'session'."),
        ("results.json", remove, "is missing."),
        ("results.json", truncate, "cannot be read: "),
        ("results.json", remove_a_window, "cannot be read: Length of values"),
        ("results.json", change_a_type, "cannot be read: must be real number"),
        ("results.json", remove_a_verdict, "has no 'verdict'."),
        ("claims.toml", truncate, "has no 'design'."),
    ],
)
def test_a_damaged_file_is_reported_in_one_line_with_status_2(
    name: str, damage: Callable[[Path], None], why: str, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(SAMPLE, run)
    damage(run / name)
    assert_one_line(recompute(run), f"recompute: {run / name} {why}")


def test_a_path_that_is_not_the_folder_of_a_run_is_named(tmp_path: Path) -> None:
    assert_one_line(recompute(tmp_path / "none"), f"recompute: {tmp_path / 'none'} is no folder.")
    assert_one_line(recompute(SCRIPT), f"recompute: {SCRIPT} is no folder.")
    (tmp_path / "raw").mkdir()
    assert_one_line(
        recompute(tmp_path), f"recompute: {tmp_path / 'raw' / 'http.parquet'} is missing"
    )


@pytest.mark.long
def test_for_a_run_without_claims_the_file_that_is_used_is_named(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(SAMPLE, run)
    (run / "claims.toml").unlink()
    done = recompute(run)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == f"recompute: {run} has no claims.toml; it is judged by {CLAIMS}\n"


def test_exactly_one_run_is_required() -> None:
    usage = "usage: python tests/benchmarks/recompute.py RUN\n"
    assert_one_line(recompute(), usage)
    assert_one_line(recompute(SAMPLE, SAMPLE), usage)


def assert_one_line(done: subprocess.CompletedProcess[str], start: str) -> None:
    """Assert that the script failed with one line, which begins with this text."""
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(start), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stdout == ""


def test_the_script_imports_only_pandas_numpy_and_the_standard_library() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    third_party = {one.split(".")[0] for one in imported} - set(sys.stdlib_module_names)
    assert third_party == {"numpy", "pandas"}
