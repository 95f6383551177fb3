"""Tests that a retry is safe after the database connection was lost during COMMIT."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from django.utils.crypto import get_random_string

from reference_app.runtime.environment import Fanout
from reference_app.serving.commands import tuned_daphne
from reference_app.serving.valkey import embedded_valkey
from tests.postgresql import running_postgresql
from tests.reference_app.chat.store.lost_commit import relay_to
from tests.served import Site, prepared, started

UNKNOWN = "It is not known whether this was stored."


@pytest.mark.parametrize("fanout", Fanout)
async def test_a_message_whose_commit_is_not_answered_reaches_everybody_by_its_retry(
    tmp_path: Path, fanout: Fanout
) -> None:
    with (
        running_postgresql(tmp_path) as database,
        embedded_valkey(tmp_path / "valkey.log") as valkey,
    ):
        made = await asyncio.to_thread(prepared, tmp_path, valkey.url, DATABASE_URL=database.url)
        async with AsyncExitStack() as stack:
            relay = await stack.enter_async_context(relay_to(database.url))
            serving = started(
                made, tuned_daphne, valkey, DATABASE_URL=relay.url, FAWRAN_FANOUT=fanout.value
            )
            site = await asyncio.to_thread(serving.__enter__)
            stack.push(serving.__exit__)
            writer, reader = [await stack.enter_async_context(site.page(who)) for who in (0, 1)]
            by_socket, by_request = str(uuid4()), str(uuid4())

            relay.is_armed = True
            await writer.say("over the socket", by_socket)
            error = await writer.next_of("error")
            assert (error["code"], error["client_id"]) == ("unavailable", by_socket)
            assert UNKNOWN in error["detail"]
            await writer.say("over the socket", by_socket)
            assert (await writer.next_of("ack"))["duplicate"] is True, "it was stored"
            assert (await reader.next_of("message"))["text"] == "over the socket"

            relay.is_armed = True
            answer = await _post(site, by_request)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert UNKNOWN in answer.json()["detail"]
            answer = await _post(site, by_request)
            assert (answer.status_code, answer.json()["duplicate"]) == (200, True)
            assert (await reader.next_of("message"))["text"] == "over HTTP"


async def _post(site: Site, client_id: str) -> httpx.Response:
    """Send a message over HTTP, as the first person."""
    token = get_random_string(32)
    cookies = {"sessionid": site.cookies[0], "csrftoken": token}
    async with httpx.AsyncClient(base_url=site.url, cookies=cookies, trust_env=False) as client:
        return await client.post(
            f"/api/conversations/{site.room}/messages",
            json={"client_id": client_id, "text": "over HTTP"},
            headers={"X-CSRFToken": token},
        )
