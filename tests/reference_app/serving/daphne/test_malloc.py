"""The limit of malloc's arenas, counted by glibc itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reference_app.runtime.environment import ROOT
from tests.launch import PATIENCE, user_environment

COUNT_ARENAS = """
import ctypes, sys, threading
from reference_app.serving.daphne.malloc import limit_arenas

libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
if int(sys.argv[1]):
    assert limit_arenas(int(sys.argv[1]))
everybody = threading.Barrier(6)

def allocate():
    everybody.wait()
    assert libc.malloc(10_000)
    everybody.wait()

threads = [threading.Thread(target=allocate) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
out = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, out)
libc.fclose(out)
"""


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_threads_share_as_many_arenas_as_are_allowed(limit: int, tmp_path: Path) -> None:
    found = tmp_path / "malloc.xml"
    subprocess.run(
        [sys.executable, "-c", COUNT_ARENAS, str(limit), str(found)],
        env=user_environment(),
        cwd=ROOT,
        check=True,
        timeout=PATIENCE,
    )
    arenas = found.read_text(encoding="utf-8").count("<heap nr=")
    assert arenas == limit if limit else arenas > 2


@pytest.mark.parametrize("value", ["-1", "x", "2000"])
def test_another_number_of_arenas_is_refused_in_one_line(value: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reference_app.serving", "daphne", f"--malloc-arenas={value}"],
        env=user_environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 2
    assert "is no number of arenas: 0 to 1024" in done.stderr.splitlines()[-1]
