"""Whether the server speaks HTTP/2 over TLS."""

import httpx

from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario


async def run(session: BenchSession) -> None:
    """Ask over TLS, offering HTTP/2 and HTTP/1.1, and note what was agreed on."""
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
    # A server that has died offers nothing, and would have.
    session.require_whole_server()
    session.recording.add("probes", rows)


async def _probe(url: str) -> tuple[bool, str]:
    # The certificate is self-signed and made for this session: nothing to verify.
    async with httpx.AsyncClient(http2=True, verify=False, trust_env=False) as client:  # noqa: S501
        try:
            response = await client.get(url)
        except httpx.HTTPError as error:
            return False, f"{type(error).__name__}: {error}"
    agreed = response.http_version
    return agreed == "HTTP/2" and response.is_success, f"{agreed}, status {response.status_code}"


SCENARIO = Scenario("http2", "does it offer HTTP/2 over TLS", 10, run, tls=True)
