"""The page's JavaScript: its pure modules on Node's own test runner, and what its lint refuses."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from reference_app.config.environment import ROOT

MODULES = ROOT / "reference_app" / "web" / "static" / "web" / "js"
TESTS = ROOT / "tests" / "js"
LINT = ROOT / "scripts" / "lint-javascript"


@pytest.fixture(scope="module")
def node() -> str:
    found = subprocess.run([ROOT / "scripts" / "find-node"], capture_output=True, text=True)
    if found.returncode:
        pytest.fail(found.stderr)
    return found.stdout.strip()


@pytest.mark.parametrize("path", sorted(TESTS.glob("*.test.mjs")), ids=lambda path: path.stem)
def test_the_pure_modules_do_what_their_tests_say(node: str, path: Path) -> None:
    done = subprocess.run([node, "--test", path], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_where_there_is_no_node_somebody_is_told_how_to_get_it(tmp_path: Path) -> None:
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    found = subprocess.run(
        [ROOT / "scripts" / "find-node"],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": str(tmp_path), "PYTHON": "/nonexistent"},
    )
    assert found.returncode == 1
    assert "Node 18 or newer" in found.stderr
    assert "make dev" in found.stderr


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("broken.js", "export const = 1;", "broken.js: Unexpected token"),
        ("lonely.js", "export const lonely = 1;", "lonely.js: is imported by nothing"),
        ("app.js", 'import { nothing } from "./there.js";', "does not provide an export"),
        ("app.js", 'import { some } from "./missing.js"; some();', "which is not there"),
        ("app.js", 'import { there } from "./there.js";', "imports there and does not use it"),
    ],
)
def test_the_lint_refuses_what_a_browser_would_stumble_over(
    node: str, tmp_path: Path, name: str, text: str, complaint: str
) -> None:
    assert node
    (tmp_path / "there.js").write_text("export const there = 1;\n")
    (tmp_path / "app.js").write_text('import { there } from "./there.js";\nthere();\n')
    (tmp_path / name).write_text(text + "\n")
    done = subprocess.run([LINT, tmp_path], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert complaint in done.stderr


def test_the_lint_is_silent_about_the_page(node: str) -> None:
    assert node
    done = subprocess.run([LINT, MODULES], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
