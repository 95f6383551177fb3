"""Outages: what is logged and counted while a dependency is away."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError

from reference_app.runtime import outages
from reference_app.runtime.metrics import Dependency
from reference_app.runtime.outages import Outage
from reference_app.serving import commands
from reference_app.serving.processes import free_port
from tests.served import scrape_metrics, served, value

FAILURES = "fawran_dependency_failures_total"
OUTAGE = "fawran_dependency_outage"


class Service:
    """A dependency that is away until ``answers`` is set."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.probed = threading.Event()

    def probe(self) -> None:
        self.probed.set()
        if not self.answers.is_set():
            raise ConnectionError("still away")


@pytest.fixture(autouse=True)
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "PROBE_SECONDS", 0.01)
    monkeypatch.setattr(outages, "QUIET_SECONDS", 0.2)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def outage(service: Service) -> Outage:
    return Outage(Dependency.CACHE, "something is late", service.probe)


def wait_for_end(outage: Outage) -> None:
    """Wait until the thread that probes has ended."""
    for thread in threading.enumerate():
        if thread.name == "outage of the cache":
            thread.join(20)
    assert not outage.in_progress


def test_an_outage_is_two_lines_however_many_calls_fail(
    outage: Outage, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(500):
        outage.failed(ConnectionError("refused\nby the server"))
    assert service.probed.wait(20)
    assert outage.in_progress
    service.answers.set()
    wait_for_end(outage)
    first, last = (record.getMessage() for record in caplog.records)
    assert first == "cache: refused by the server; something is late"
    assert last.startswith("cache: answers again after ")
    assert last.endswith(" s; failures: 500")


def test_an_outage_goes_on_while_calls_fail_although_the_probe_succeeds(
    outage: Outage,
    service: Service,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # So long that even on a slow machine the pauses between the failures are shorter.
    monkeypatch.setattr(outages, "QUIET_SECONDS", 600)
    service.answers.set()
    outage.failed("refused")
    for _ in range(20):
        service.probed.clear()
        assert service.probed.wait(20)
        outage.failed("refused")
    assert len(caplog.records) == 1
    monkeypatch.setattr(outages, "QUIET_SECONDS", 0)
    wait_for_end(outage)
    assert caplog.records[-1].getMessage().endswith("failures: 21")


def test_the_next_outage_is_logged_and_counted_anew(
    outage: Outage, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.answers.set()
    for _ in range(2):
        outage.failed("refused")
        wait_for_end(outage)
    assert len(caplog.records) == 4
    assert caplog.records[-1].getMessage().endswith("failures: 1")


def test_an_error_that_a_statement_causes_is_no_outage() -> None:
    assert outages.is_outage(OperationalError("database is locked"))
    assert not outages.is_outage(IntegrityError("UNIQUE constraint failed"))
    assert not outages.is_outage(ConnectionError("refused"))


async def test_a_site_logs_one_line_when_redis_goes_and_one_when_it_is_back(
    tmp_path: Path,
) -> None:
    port = free_port()
    with served(commands.tuned_daphne, tmp_path, FAWRAN_METRICS=f"127.0.0.1:{port}") as site:
        async with site.page(0) as ann, site.page(1) as bob:
            await asyncio.to_thread(site.valkey.child.stop)
            for n in range(20):
                await ann.write(type="typing", conversation=ann.room, active=True)
                await ann.say(f"message {n}", str(uuid4()))
                await bob.next_of("message")
            while not value(await scrape_metrics(port), OUTAGE, dependency="channel_layer"):
                pass
            seen = await scrape_metrics(port)
            assert value(seen, FAILURES, dependency="channel_layer") > 0
            assert value(seen, OUTAGE, dependency="database") == 0
            await asyncio.to_thread(site.valkey.child.start)
            await asyncio.to_thread(site.wait_for_log, "channel layer: answers again")
            await asyncio.to_thread(site.wait_for_log, "cache: answers again")
            assert value(await scrape_metrics(port), OUTAGE, dependency="channel_layer") == 0
    lines = site.log.read_text(encoding="utf-8").splitlines()
    for dependency in ("channel layer:", "cache:"):
        assert len([line for line in lines if dependency in line]) == 2, lines
    assert len([line for line in lines if "WARNING" in line or "ERROR" in line]) == 4, lines
