"""Tests that every response of the application and of the proxy has the security headers."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from reference_app.runtime.environment import ROOT
from reference_app.runtime.security_headers import SECURITY_HEADERS
from reference_app.serving import commands
from tests.served import Command, served

PATHS = ("/", "/accounts/login/", "/healthz", "/api/sync", "/nowhere", "/static/web/css/tokens.css")


@pytest.mark.parametrize("command", [commands.tuned_daphne, commands.gunicorn])
def test_every_response_of_the_application_has_the_headers(
    command: Command, tmp_path: Path
) -> None:
    with served(command, tmp_path) as site, httpx.Client(base_url=site.url) as http:
        answers = [http.get(path) for path in PATHS]
        answers.append(http.get("/", headers={"Host": "elsewhere.example"}))
        answers.append(
            http.post("/accounts/login/", headers={"Origin": "http://elsewhere.example"})
        )
        answers.append(http.post("/api/conversations", content=b"x" * (3 << 20)))
    assert [one.status_code for one in answers] == [302, 200, 200, 401, 404, 200, 400, 403, 413]
    for answer in answers:
        found = {name: answer.headers.get(name) for name in SECURITY_HEADERS}
        assert found == SECURITY_HEADERS, answer.url


@pytest.mark.parametrize("name", ["server.conf", "site.conf"])
def test_the_proxy_sends_the_same_headers_in_responses_of_its_own(name: str) -> None:
    content = (ROOT / "deploy/proxy" / name).read_text(encoding="utf-8")
    found = dict(re.findall(r'add_header (Per\S+|Cro\S+) "?([^";]+)"? always;', content))
    assert found == SECURITY_HEADERS


def test_no_location_of_the_proxy_passes_on_the_root_path_of_a_client() -> None:
    """nginx inherits proxy_set_header only into blocks that have none."""
    for name in ("server.conf", "site.conf"):
        content = (ROOT / "deploy/proxy" / name).read_text(encoding="utf-8")
        assert 'proxy_set_header Daphne-Root-Path "";' in content
    site = (ROOT / "deploy/proxy/site.conf").read_text(encoding="utf-8")
    for block in re.findall(r"location [^{]+\{([^}]*)\}", site):
        if "proxy_set_header" in block:
            assert 'proxy_set_header Daphne-Root-Path "";' in block


@pytest.mark.parametrize("name", ["Daphne-Root-Path", "daphne-root-path"])
def test_a_client_cannot_set_the_root_path(name: str, tmp_path: Path) -> None:
    with served(commands.tuned_daphne, tmp_path) as site:
        answer = httpx.get(f"{site.url}/", headers={name: "//evil.example"})
        assert answer.headers["location"] == "/accounts/login/?next=/"
        answer = httpx.get(f"{site.url}/accounts/login/", headers={name: "/evil"})
        assert "/evil" not in answer.text
