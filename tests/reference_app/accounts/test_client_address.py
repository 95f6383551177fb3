"""The client address of a request, and the header that the proxies' configuration sets for it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import RequestFactory

from reference_app.accounts.client_address import UNKNOWN_ADDRESS, client_address
from reference_app.runtime.environment import ROOT

HERE = "198.51.100.7"


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "address"),
    [
        (None, HERE, "192.0.2.1", HERE),
        (0, HERE, "192.0.2.1", HERE),
        (1, "172.18.0.2", HERE, HERE),
        (1, "172.18.0.2", f"192.0.2.1, {HERE}", HERE),
        (1, "", HERE, HERE),
        (2, "172.18.0.2", f"192.0.2.1,{HERE}, 172.18.0.9", HERE),
        (2, "172.18.0.2", "192.0.2.1", "172.18.0.2"),
        (1, "172.18.0.2", "", "172.18.0.2"),
        (1, "172.18.0.2", "unknown", "172.18.0.2"),
        (1, "172.18.0.2", "x" * 100_000, "172.18.0.2"),
        (None, "", "", UNKNOWN_ADDRESS),
        (None, "unix:", "", UNKNOWN_ADDRESS),
        (None, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        (None, "::ffff:198.51.100.7", "", HERE),
        (None, "fe80::1%eth0", "", "fe80::"),
    ],
)
def test_only_an_address_added_by_a_trusted_proxy_is_used(
    settings: Any, proxies: int | None, peer: str, forwarded: str, address: str
) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, proxies=proxies)
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == address


def levels(configuration: str) -> list[str]:
    """Return the directives of each level of an nginx configuration, without inner levels."""
    found = [""]
    stack = [0]
    for part in re.split(r"([{}])", re.sub(r"#.*", "", configuration)):
        if part == "{":
            stack.append(len(found))
            found.append("")
        elif part == "}":
            stack.pop()
        else:
            found[stack[-1]] += part
    return found


@pytest.mark.parametrize("name", ["server.conf", "site.conf", "stored-files.conf", "nginx.conf"])
def test_the_proxies_replace_the_address_that_the_client_sent(name: str) -> None:
    """A header that nginx sets at one level undoes all that are inherited from outer levels."""
    text = (ROOT / "deploy/proxy" / name).read_text(encoding="utf-8")
    setting = [level for level in levels(text) if "proxy_set_header" in level]
    assert setting or name not in {"server.conf", "site.conf"}
    for level in setting:
        assert "proxy_set_header X-Forwarded-For $remote_addr;" in level


def test_the_hosts_proxy_uses_the_same_configuration_and_sets_no_other_header() -> None:
    template = ROOT / "ansible/roles/proxy/templates/site.conf.j2"
    text = template.read_text(encoding="utf-8")
    assert "shared('server.conf')" in text
    assert "shared('site.conf')" in text
    assert "proxy_set_header" not in text


@pytest.mark.parametrize(
    "path", ["deploy/compose.yaml", "ansible/roles/app/templates/fawran.env.j2"]
)
def test_both_deployments_trust_their_one_proxy(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(r"^\s*FAWRAN_PROXIES(: |=)1$", text, re.MULTILINE)
