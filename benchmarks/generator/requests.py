"""Send the requests of users over persistent connections, and record their results."""

from __future__ import annotations

import time

import aiohttp

from benchmarks.generator.log import Log
from benchmarks.generator.members import Member
from benchmarks.generator.users import REQUEST_TIMEOUT, Place
from reference_app import protocol


class HttpClient:
    """An HTTP client whose connections are shared by all users of a generator.

    All requests of a member go to the same process of the server.
    """

    def __init__(self, place: Place, log: Log) -> None:
        self._place = place
        self._log = log
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        member: Member,
        kind: str,
        method: str,
        path: str,
        body: protocol.Inbound | None = None,
        timeout_seconds: float = REQUEST_TIMEOUT,
    ) -> bytes | None:
        """Return the content of a 2xx answer, or None; record the result as ``kind``."""
        address = self._place.http_at(member.id)
        headers = {"Cookie": member.cookie}
        if body is not None:
            headers |= {
                "X-CSRFToken": member.csrf,
                "Content-Type": "application/json",
                "Origin": address,
            }
        start = time.monotonic_ns()
        try:
            async with self._open_session().request(
                method,
                address + path,
                headers=headers,
                data=body.model_dump_json() if body else None,
                ssl=self._place.context or True,
                timeout=aiohttp.ClientTimeout(total=timeout_seconds),
            ) as response:
                content = await response.read()
        except (aiohttp.ClientError, OSError) as error:
            self._log.done(kind, start, ok=False, detail=type(error).__name__)
            return None
        ok = 200 <= response.status < 300
        self._log.done(kind, start, ok=ok, detail="" if ok else f"HTTP {response.status}")
        return content if ok else None

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session
