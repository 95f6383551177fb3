"""The store and sync on PostgreSQL, as production has it: the same tests, run again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.postgresql import running_postgresql

HERE = Path(__file__).parent
TESTS = (
    *("store", "sync", "sync_model", "compiled_queries", "conversation_states"),
    *("api", "files", "searching", "restores"),
)


def test_store_sync_and_api_hold_on_postgresql(tmp_path: Path) -> None:
    with running_postgresql(tmp_path) as url:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
                *(str(HERE / f"test_{name}.py") for name in TESTS),
            ],
            env={**os.environ, "FAWRAN_TEST_DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
