"""Measure plain HTTP with Locust: latency at a fixed rate, then requests/s at full load."""

from __future__ import annotations

import asyncio

from benchmarks.errors import GeneratorFailed
from benchmarks.recording import Recording
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario

PATIENCE = 60
"""Seconds that Locust may take to start and to end, in addition to its phases."""


async def run(session: BenchSession) -> None:
    """Load the server with Locust, and add Locust's recording to the session's."""
    profile, locust = session.profile, session.locust
    assert locust is not None, "the runner starts Locust for this scenario"
    out = session.workspace.folder / "locust"
    settings = {
        "session": session.number,
        "crowd": str(session.workspace.crowd),
        "paced": profile.http_paced,
        "full": profile.http_full,
        "rate": profile.http_rate,
        "out": str(out),
        "addresses": session.place.http_addresses,
    }
    edges: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(profile.http_paced + profile.http_full + PATIENCE):
            phases = await locust.begin(settings)
            moments = sorted(moment for phase in phases.values() for moment in phase)
            edges = asyncio.create_task(session.sampler.sample_at(moments))
            await locust.end()
    except TimeoutError:
        raise GeneratorFailed("Locust did not end.") from None
    finally:
        if edges:
            edges.cancel()
    session.recording.extend(Recording.read(out))
    for phase, (start_ns, end_ns) in phases.items():
        session.record("http", phase, start_ns, end_ns, users=profile.http_users)


SCENARIO = Scenario("http", "page and API over plain HTTP, by Locust", 15, run, needs_locust=True)
