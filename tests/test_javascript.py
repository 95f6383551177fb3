"""The page's JavaScript: its tests, run by Node's own test runner, and its lint."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from reference_app.runtime.environment import ROOT

MODULES = ROOT / "reference_app" / "web" / "static" / "web" / "js"
TESTS = ROOT / "tests" / "js"
LINT = ROOT / "scripts" / "dev" / "lint-javascript"


@pytest.fixture(scope="module")
def node() -> str:
    found = subprocess.run([ROOT / "scripts" / "dev" / "find-node"], capture_output=True, text=True)
    if found.returncode:
        pytest.fail(found.stderr)
    return found.stdout.strip()


@pytest.mark.parametrize(
    "path",
    sorted(TESTS.rglob("*.test.mjs")),
    ids=lambda path: path.relative_to(TESTS).as_posix().removesuffix(".test.mjs"),
)
def test_the_tests_of_a_module_pass(node: str, path: Path) -> None:
    done = subprocess.run([node, "--test", path], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_without_node_the_error_says_how_to_get_it(tmp_path: Path) -> None:
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    found = subprocess.run(
        [ROOT / "scripts" / "dev" / "find-node"],
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
def test_the_lint_refuses_code_that_would_fail_in_a_browser(
    node: str, tmp_path: Path, name: str, text: str, complaint: str
) -> None:
    assert node
    (tmp_path / "there.js").write_text("export const there = 1;\n")
    (tmp_path / "app.js").write_text('import { there } from "./there.js";\nthere();\n')
    (tmp_path / name).write_text(text + "\n")
    done = subprocess.run([LINT, tmp_path], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert complaint in done.stderr


def test_the_lint_accepts_the_page(node: str) -> None:
    assert node
    done = subprocess.run([LINT, MODULES], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
