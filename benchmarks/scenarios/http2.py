"""Probe whether the server offers HTTP/2 over TLS."""

import httpx

from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario


async def run(session: BenchSession) -> None:
    """Connect with TLS, offer HTTP/2 and HTTP/1.1, and record the negotiated version."""
    rows = []
    for _ in range(session.profile.probes):
        offered, detail = await _probe(f"https://{session.place.host}:{session.place.port}/healthz")
        rows.append(
            {
                "session": session.number,
                "capability": "http2",
                "offered": offered,
                "detail": detail,
            }
        )
    # If the server has died, the failed probes say nothing about what it offers.
    session.require_whole_server()
    session.recording.add("probes", rows)


async def _probe(url: str) -> tuple[bool, str]:
    """Return whether the server answers with HTTP/2, and what it answers with."""
    # The certificate is self-signed and created for this session, so it cannot be verified.
    async with httpx.AsyncClient(http2=True, verify=False, trust_env=False) as client:  # noqa: S501
        try:
            response = await client.get(url)
        except httpx.HTTPError as error:
            return False, f"{type(error).__name__}: {error}"
    version = response.http_version
    return version == "HTTP/2" and response.is_success, f"{version}, status {response.status_code}"


SCENARIO = Scenario("http2", "does it offer HTTP/2 over TLS", 10, run, tls=True)
