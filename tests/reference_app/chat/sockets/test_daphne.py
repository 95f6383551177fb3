"""The WebSocket as Daphne serves it: what tests in memory cannot show."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from benchmarks.probe.page import Page
from reference_app.protocol import CLOSE_TRY_LATER, CLOSE_UNAUTHENTICATED
from reference_app.runtime.environment import Fanout
from reference_app.serving import commands
from tests.served import Site, served


async def close_code_of(page: Page) -> int | None:
    """Open a page that is closed before its welcome; return the close code."""
    with pytest.raises(ConnectionClosed) as caught:
        await page.__aenter__()
    return caught.value.rcvd.code if caught.value.rcvd else None


def stranger(site: Site) -> Page:
    return Page(site.url, "", site.room)


@pytest.mark.parametrize("fanout", Fanout)
async def test_a_socket_is_closed_with_the_intended_code_and_no_traceback(
    fanout: Fanout, tmp_path: Path
) -> None:
    with served(commands.daphne, tmp_path, FAWRAN_FANOUT=fanout.value) as site:
        assert await close_code_of(stranger(site)) == CLOSE_UNAUTHENTICATED
        with pytest.raises(InvalidStatus) as elsewhere:
            await connect(
                f"{site.url.replace('http', 'ws')}/ws/elsewhere/",
                origin=Origin(site.url),
                proxy=None,
            )
        assert elsewhere.value.response.status_code == 403
        async with site.page(0) as page:
            await asyncio.to_thread(site.valkey.child.stop)
            if fanout is Fanout.SOCKET:
                assert (await page.closed())[0] == CLOSE_TRY_LATER
        assert await close_code_of(site.page(1)) == CLOSE_TRY_LATER
    assert "Traceback" not in site.log.read_text(encoding="utf-8")
