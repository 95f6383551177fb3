"""Store, sync and API on PostgreSQL, the database of production: their tests, run again on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.postgresql import running_postgresql

APPLICATION_TESTS = Path(__file__).parents[2]
TESTS = (
    "chat/store/test_messages.py",
    "chat/queries/test_sync.py",
    "chat/queries/test_sync_model.py",
    "chat/queries/test_conversations.py",
    "chat/queries/test_search.py",
    "chat/records/test_compiled_query.py",
    "chat/files/test_files.py",
    "api/test_chat.py",
    "releases/test_restores.py",
)


def test_store_sync_and_api_hold_on_postgresql(tmp_path: Path) -> None:
    with running_postgresql(tmp_path) as server:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
                *(str(APPLICATION_TESTS / path) for path in TESTS),
            ],
            env={**os.environ, "FAWRAN_TEST_DATABASE_URL": server.url},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
