"""Tests that a missing, damaged or differently versioned run is refused in one line."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.cli import main
from benchmarks.recording import SCHEMA, TABLES, Manifest, Recording
from reference_app.runtime.environment import ROOT

TABLE = "received"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "reports" / "sample" / "manifest.json", tmp_path)
    recording = Recording()
    row = {"session": 1, "ref": 1, "recipient": 2, "received_ns": 3, "via": "push"}
    recording.add(TABLE, [row] * 1000)
    recording.write(tmp_path)
    return tmp_path


def refusal(run: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the line with which the report of a run is refused."""
    assert main(["report", str(run)]) == 1
    complaint = capsys.readouterr().err
    assert complaint.startswith("fawran: ")
    assert complaint.count("\n") == 1, complaint
    return complaint


def test_a_written_recording_and_manifest_can_be_read_again(run: Path) -> None:
    assert len(Recording.read(run).frame(TABLE)) == 1000
    assert Manifest.read(run).schema == SCHEMA


def test_a_missing_manifest_is_named(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "manifest.json").unlink()
    assert "no manifest.json" in refusal(run, capsys)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"schema": 1}, "of schema 1"),
        ({"schema": None}, "of schema None"),
        ({"unheard": 1}, "unheard"),
        ({"recorded_without": ["a clock"]}, "a clock"),
    ],
)
def test_a_manifest_of_another_version_is_refused(
    fields: dict[str, object], message: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = run / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))
    assert message in refusal(run, capsys)


@pytest.mark.parametrize("text", ["[]", "{", "\xff", '{"schema": 2}'])
def test_a_damaged_or_incomplete_manifest_is_refused(
    text: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "manifest.json").write_text(text, encoding="latin-1")
    assert "manifest.json" in refusal(run, capsys)


@pytest.mark.parametrize("name", [each.name for each in fields(Manifest) if each.name != "schema"])
def test_a_missing_field_of_a_manifest_is_named(
    name: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = run / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest[name]
    path.write_text(json.dumps(manifest))
    assert f"manifest.json has no field '{name}'." in refusal(run, capsys)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"environment": {}}, "environment: 'cpu' is a required property."),
        ({"seconds": "many"}, "seconds: 'many' is not of type 'number'."),
        ({"deaths": [{"server": "daphne"}]}, "deaths.0: 'arm' is a required property."),
        ({"absent": ["uvicorn"]}, "absent: "),
        ({"profile": "huge"}, "profile: 'huge' is not one of"),
    ],
)
def test_a_field_of_a_manifest_with_another_form_is_named(
    change: dict[str, object], message: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = run / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert f"manifest.json, {message}" in refusal(run, capsys)


def test_a_manifest_without_a_schema_is_of_the_first_schema(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = run / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["schema"]
    path.write_text(json.dumps(manifest))
    assert "of schema 1; this version reads schema 2" in refusal(run, capsys)


def test_a_missing_table_is_named(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "raw" / f"{TABLE}.parquet").unlink()
    assert f"{TABLE}.parquet is missing" in refusal(run, capsys)


@pytest.mark.parametrize("size", [0, 3, 100])
def test_a_truncated_table_is_named(
    size: int, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = run / "raw" / f"{TABLE}.parquet"
    path.write_bytes(path.read_bytes()[:size])
    assert f"{TABLE}.parquet cannot be read" in refusal(run, capsys)


def test_a_missing_folder_of_tables_is_named(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(run / "raw")
    assert ".parquet is missing" in refusal(run, capsys)


NAMES = TABLES[TABLE].names
RENAMED = ["recipients" if name == "recipient" else name for name in NAMES]


@pytest.mark.parametrize("version", [{"fawran-schema": str(SCHEMA)}, None])
@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (RENAMED, "has no column 'recipient'"),
        (NAMES[:2], "has no column 'recipient', 'received_ns', 'via'"),
        ([*NAMES, "more"], "has an unknown column 'more'"),
    ],
)
def test_a_table_with_other_columns_is_refused_and_they_are_named(
    columns: list[str],
    message: str,
    version: dict[str, str] | None,
    run: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_table(run, columns, version)
    assert f"{TABLE}.parquet {message}.\n" in refusal(run, capsys)


def test_a_table_of_another_version_is_refused(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(run, RENAMED, {"fawran-schema": "1"})
    assert f"{TABLE}.parquet is of schema 1; this version reads" in refusal(run, capsys)
    write_table(run, NAMES, None)
    assert f"{TABLE}.parquet names no schema; this version reads" in refusal(run, capsys)


def write_table(run: Path, columns: list[str], version: dict[str, str] | None) -> None:
    """Write a table with these columns, and with or without a version."""
    table = pa.Table.from_pandas(pd.DataFrame({name: [1] for name in columns}))
    path = run / "raw" / f"{TABLE}.parquet"
    pq.write_table(table.replace_schema_metadata(version), path)


def test_an_operating_system_error_is_reported_without_its_number(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(run / "raw")
    (run / "raw").write_text("")
    assert "Errno" not in refusal(run, capsys)
    (run / "manifest.json").unlink()
    (run / "manifest.json").mkdir()
    assert "manifest.json cannot be read: Is a directory\n" in refusal(run, capsys)
