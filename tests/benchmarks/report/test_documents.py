"""Test that the project's documents show the figures of the published runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.errors import BadRecording
from benchmarks.recording import SCHEMA
from benchmarks.report.documents import PASSAGES, ROOT, filled, main
from tests.benchmarks.report.results_builder import build_results, with_answer

README = PASSAGES[0]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with documents whose passages are out of date."""
    for passage in PASSAGES:
        for run in passage.runs:
            (tmp_path / "reports" / run).mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "reports" / run / "results.json", tmp_path / "reports" / run)
        document = tmp_path / passage.document
        document.parent.mkdir(exist_ok=True)
        with document.open("a", encoding="utf-8") as text:
            text.write(f"# A\n\n{passage.begin}\nold\n{passage.end}\n\nEnd\n")
    publish(tmp_path, build_results() | {"schema": SCHEMA})
    return tmp_path


def publish(root: Path, results: object) -> None:
    (root / "reports" / "sample" / "results.json").write_text(json.dumps(results), encoding="utf-8")


@pytest.mark.parametrize("name", sorted({passage.document for passage in PASSAGES}))
def test_the_documents_match_the_published_results(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert filled(text, name, ROOT) == text


def test_figures_are_written_only_between_the_comments(root: Path) -> None:
    assert main(["--check"], root) == 1
    assert main([], root) == 0
    assert main(["--check"], root) == 0
    text = (root / "README.md").read_text(encoding="utf-8")
    assert text.startswith(f"# A\n\n{README.begin}\n")
    assert text.endswith(f"{README.end}\n\nEnd\n")
    assert "\nold\n" not in text
    assert "**Moving from gunicorn to daphne" in text
    assert "| memory | -30 % | 217 MiB |" in text
    for word in ("Exceeded", "at the limit", "partly", "inconclusive"):
        assert f"*{word}*: " in text


def test_a_check_writes_nothing(root: Path) -> None:
    before = (root / "README.md").read_text(encoding="utf-8")
    main(["--check"], root)
    assert (root / "README.md").read_text(encoding="utf-8") == before


def test_a_check_fails_after_the_results_change(root: Path) -> None:
    main([], root)
    results = with_answer(build_results(), "memory", "daphne", verdict="partly", value=200.0)
    publish(root, results | {"schema": SCHEMA})
    assert main(["--check"], root) == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 0}'])
def test_unusable_results_give_an_error_message(
    root: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "reports" / "sample" / "results.json").write_text(content, encoding="utf-8")
    assert main([], root) == 1
    assert capsys.readouterr().err.startswith("fawran: ")


def test_a_document_without_comments_is_refused() -> None:
    with pytest.raises(BadRecording, match="needs the comments"):
        filled(f"{README.end} {README.begin}", "README.md", ROOT)
