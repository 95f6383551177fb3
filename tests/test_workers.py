"""Tests that the workers of a test run do not share data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from reference_app.runtime.environment import ROOT

RECORD = """
from pathlib import Path
from django.conf import settings

def test_record(worker_id):
    used = [settings.DATABASES["default"]["NAME"], settings.CACHES["default"]["LOCATION"]]
    Path(__file__).with_name(worker_id).write_text("\\n".join(map(str, used)))
"""
"""A test that writes where a worker's data is, into a file with the name of the worker."""


def test_each_worker_has_its_own_database_and_cache(tmp_path: Path) -> None:
    module = tmp_path / "test_record.py"
    module.write_text(RECORD, encoding="utf-8")
    options = ["-n", "2", "--dist", "each", "-p", "no:cacheprovider", "-c", "pyproject.toml"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, module],
        # The environment of this process is that of tests, as the first process of a run has it.
        env=dict(os.environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    used = [(tmp_path / worker).read_text(encoding="utf-8").split() for worker in ("gw0", "gw1")]
    assert len(used[0]) == len(used[1]) == 2
    assert not set(used[0]) & set(used[1])
