"""Tests of the registry of transports: a new transport is one file, without any other change."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import benchmarks.transports
from benchmarks.errors import BadRequest
from benchmarks.measure.metrics import SLACK_MS, capacity_limit_ms
from benchmarks.servers.registry import servers
from benchmarks.transports.registry import find_transport, transports

SLOW_PIGEON = """
from benchmarks.transports.base import Transport
from benchmarks.transports.short_poll import ShortPollUser
TRANSPORT = Transport("pigeon", "a bird", 7_000.0, ShortPollUser, "polling")
"""


@pytest.fixture
def with_pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add a file to the package, by adding its folder to the path of the package."""
    (tmp_path / "pigeon.py").write_text(SLOW_PIGEON)
    path = [*benchmarks.transports.__path__, str(tmp_path)]
    monkeypatch.setattr(benchmarks.transports, "__path__", path)
    transports.cache_clear()
    yield
    transports.cache_clear()
    sys.modules.pop("benchmarks.transports.pigeon", None)


def test_the_transports_and_their_longest_delays_are_as_documented() -> None:
    limits = {name: one.longest_ms for name, one in transports().items()}
    assert limits == {"polling": 5_000.0, "long-poll": 0.0, "websocket": 0.0}


def test_every_server_has_a_transport_that_exists() -> None:
    assert {server.transport for server in servers().values()} == set(transports())


@pytest.mark.usefixtures("with_pigeon")
def test_a_new_transport_is_one_file() -> None:
    assert find_transport("pigeon").summary == "a bird"
    assert capacity_limit_ms("pigeon") == 7_000.0 + SLACK_MS


def test_the_refusal_of_an_unknown_transport_lists_the_known_ones() -> None:
    with pytest.raises(BadRequest, match="'smoke': there are long-poll, polling, websocket"):
        find_transport("smoke")


def test_the_metrics_module_does_not_import_the_http_client() -> None:
    code = "import sys, benchmarks.measure.metrics; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
