"""Tests that the demo, as a process, serves this machine only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import RequestFactory
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from reference_app.runtime.demo_access import FORWARDING_HEADERS, may_use_site
from reference_app.runtime.environment import Mode
from tests.launch import demo


@pytest.mark.parametrize("server", ["daphne", "gunicorn"])
def test_the_demo_refuses_what_a_proxy_or_a_tunnel_passes_on(server: str, tmp_path: Path) -> None:
    with demo(server, tmp_path) as launched:
        login = f"{launched.url}/accounts/login/"
        assert httpx.get(login).status_code == 200
        for name in FORWARDING_HEADERS:
            answer = httpx.get(login, headers={name: "127.0.0.1"})
            assert (answer.status_code, "this machine only" in answer.text) == (403, True)
        if server == "daphne":
            for name, refused in ((None, False), ("X-Forwarded-For", True)):
                assert is_handshake_refused(launched.url, name) is refused


def is_handshake_refused(url: str, header: str | None) -> bool:
    try:
        with connect(
            f"{url.replace('http', 'ws', 1)}/ws/chat/",
            origin=Origin(url),
            additional_headers={header: "127.0.0.1"} if header else {},
            proxy=None,
        ):
            return False
    except InvalidStatus:
        return True


@pytest.mark.parametrize(
    ("address", "may"),
    [
        *(("127.0.0.1", True), ("127.8.9.1", True), ("::1", True)),
        *(("192.168.1.7", False), ("10.0.0.1", False), ("fe80::1", False), ("", False)),
    ],
)
def test_only_addresses_of_this_machine_may_use_the_demo(
    address: str, may: bool, settings: Any
) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=address)
    assert may_use_site(request)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, mode=Mode.DEMO)
    assert may_use_site(request) is may
