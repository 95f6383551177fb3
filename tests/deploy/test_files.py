"""Tests of files through the proxy: size limit, access for members only, response headers."""

from __future__ import annotations

import re
import secrets

import httpx
import pytest

from reference_app.protocol import ErrorCode
from tests.deploy.target import GZIP, Account, Target

MEBIBYTE = 1 << 20
LARGE = 20 * MEBIBYTE


async def limit_of(target: Target, account: Account) -> int:
    """Return the size limit of a file, which the page contains."""
    async with target.person(account).http as http:
        limit = re.search(r'data-file-limit="(\d+)"', (await http.get("/")).text)
    assert limit
    return int(limit[1])


async def test_a_large_file_arrives_unchanged(target: Target, accounts: list[Account]) -> None:
    room = await target.new_room(accounts, "A large file")
    size = min(LARGE, await limit_of(target, accounts[0]))
    content = GZIP + secrets.token_bytes(size - len(GZIP))
    file = await target.send_file(accounts[0], room, content)
    async with target.person(accounts[1]).http as http:
        answer = await http.get(f"/api/files/{file}", timeout=60)
        part = await http.get(f"/api/files/{file}", headers={"Range": "bytes=2-5"})
    assert answer.status_code == httpx.codes.OK
    assert answer.content == content
    assert part.content in {content, content[2:6]}, "the whole file, or the requested range"


async def test_a_file_is_never_served_as_a_page_of_the_site(
    target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "What a file is")
    file = await target.send_file(accounts[0], room, GZIP + b"<script>alert(1)</script>")
    async with target.person(accounts[1]).http as http:
        headers = (await http.get(f"/api/files/{file}")).headers
    assert headers["content-type"] == "application/gzip"
    assert headers["content-disposition"].startswith("attachment")
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "private" in headers["cache-control"]
    assert "x-accel-redirect" not in headers


@pytest.mark.parametrize("beyond", [1, 8 * MEBIBYTE])
async def test_a_file_over_the_limit_is_refused_with_a_reason(
    target: Target, accounts: list[Account], beyond: int
) -> None:
    """The application refuses a file slightly over the limit; the proxy one far over it."""
    room = await target.new_room(accounts, "Too large")
    size = await limit_of(target, accounts[0]) + beyond
    answer = await target.upload(accounts[0], room, GZIP + bytes(size - len(GZIP)))
    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert answer.json()["code"] == ErrorCode.FILE_TOO_LARGE
    assert re.search("at most|too large", answer.json()["detail"])


async def test_a_non_member_cannot_download_a_file(target: Target, accounts: list[Account]) -> None:
    room = await target.new_room(accounts, "Without the other")
    one, other = (target.person(account).http for account in accounts)
    async with one, other, target.site.client() as nobody:
        left = await other.delete(
            f"/api/conversations/{room}/members/{accounts[1].me.id}",
            headers=target.csrf_headers(accounts[1]),
        )
        assert left.is_success, left.text
        file = await target.send_file(accounts[0], room, GZIP + b"not for everybody")
        path = f"/api/files/{file}"
        assert (await one.get(path)).status_code == httpx.codes.OK
        assert (await other.get(path)).status_code == httpx.codes.NOT_FOUND
        assert (await nobody.get(path)).status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.parametrize("path", ["/stored-files/", "/stored-files/ab/ab01", "/files/ab/ab01"])
async def test_the_file_storage_has_no_public_address(target: Target, path: str) -> None:
    async with target.site.client() as http:
        assert (await http.get(path)).status_code == httpx.codes.NOT_FOUND
