"""Requests that are too large, on the real servers: refused early, and nothing is stored."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest
from django.utils.crypto import get_random_string

from benchmarks.probe.page import unverified
from reference_app.serving import commands
from reference_app.serving.certificate import self_signed
from tests.files import picture
from tests.served import Site, served

HUGE = 2 << 30
TOKEN = get_random_string(32)
MEBIBYTE = 1 << 20

SERVERS = {"daphne": commands.tuned_daphne, "gunicorn": partial(commands.gunicorn, workers=1)}


@pytest.fixture(scope="module", params=SERVERS)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp(request.param)
    spool = folder / "spool"
    spool.mkdir()
    with served(SERVERS[request.param], folder, TMPDIR=str(spool)) as served_site:
        yield served_site


def headers(site: Site) -> dict[str, str]:
    cookies = f"sessionid={site.cookies[0]}; csrftoken={TOKEN}"
    return {"Cookie": cookies, "X-CSRFToken": TOKEN, "Host": f"127.0.0.1:{site.ports[0]}"}


def send_endless(site: Site, path: str, framing: dict[str, str], chunked: bool = False) -> bytes:
    """Send a request with an endless body until the server responds; return the response."""
    head = "".join(f"{name}: {value}\r\n" for name, value in (headers(site) | framing).items())
    with closing(socket.create_connection(("127.0.0.1", site.ports[0]), timeout=30)) as wire:
        wire.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode())
        piece = b"x" * 65_536
        if chunked:
            piece = b"%x\r\n%s\r\n" % (len(piece), piece)
        wire.settimeout(0.2)
        for _ in range(64 * MEBIBYTE // len(piece)):
            try:
                wire.sendall(piece)
            except (TimeoutError, ConnectionError):
                break  # the server reads no more
        wire.settimeout(30)
        received = b""
        while b"}" not in received and (part := wire.recv(65_536)):
            received += part
        return received


def code_of(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["code"]


def uploads(site: Site) -> str:
    return f"/api/conversations/{site.room}/files"


def memory(site: Site) -> int:
    root = psutil.Process(site.children[0].pid)
    return sum(one.memory_info().rss for one in [root, *root.children(recursive=True)])


def test_two_gigabytes_are_refused_before_they_are_read(site: Site) -> None:
    before = memory(site)
    form = {"Content-Length": str(HUGE), "Content-Type": "multipart/form-data; boundary=x"}
    status, code = code_of(send_endless(site, uploads(site), form))
    assert status == 413
    assert code in {"file_too_large", "too_long"}
    assert memory(site) - before < 30 * MEBIBYTE
    assert list((site.log.parent / "spool").iterdir()) == []


def test_a_body_without_a_length_is_bounded(site: Site) -> None:
    # WSGI has no such bodies: Django reads none of it.
    is_wsgi = site.log.parent.name.startswith("gunicorn")
    expected = {403, 413, 422} if is_wsgi else {413}
    form = {
        "Transfer-Encoding": "chunked",
        "Content-Type": "multipart/form-data; boundary=x",
    }
    status, _code = code_of(send_endless(site, uploads(site), form, chunked=True))
    assert status in expected
    assert list((site.log.parent / "spool").iterdir()) == []


@pytest.mark.parametrize("path", ["/api/conversations", "/accounts/login/", "/nowhere"])
def test_other_requests_than_uploads_have_a_lower_limit(site: Site, path: str) -> None:
    form = {"Content-Length": str(5 * MEBIBYTE), "Content-Type": "application/json"}
    with httpx.Client(base_url=site.url, trust_env=False) as client:
        answer = client.post(path, content=b"x" * (5 * MEBIBYTE), headers=headers(site) | form)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_long")


def test_the_server_still_accepts_an_upload_within_the_limit(site: Site) -> None:
    content = picture(20, 20) + b"\0" * (9 * MEBIBYTE)
    with httpx.Client(base_url=site.url, trust_env=False) as client:
        answer = client.post(
            uploads(site), files={"file": ("large.png", content)}, headers=headers(site)
        )
        assert answer.status_code == 200, answer.text
        file = answer.json()
        served_back = client.get(f"/api/files/{file['id']}", headers=headers(site))
    assert served_back.content == content
    assert served_back.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert served_back.headers["content-length"] == str(len(content))


def test_http2_refuses_a_body_that_is_too_large(tmp_path: Path) -> None:
    tls = self_signed(tmp_path)
    with served(partial(_with_tls, tls), tmp_path, tls=True) as site:
        context: ssl.SSLContext = unverified()
        with httpx.Client(http2=True, verify=context, base_url=site.url, trust_env=False) as client:
            answer = client.post(
                uploads(site), content=b"x" * (12 * MEBIBYTE), headers=headers(site)
            )
            assert answer.http_version == "HTTP/2"
            assert answer.status_code == 413
            assert client.get("/healthz").status_code == 200


def _with_tls(tls: commands.Certificate, host: str, port: int) -> list[str]:
    return commands.tuned_daphne(host, port, tls)
