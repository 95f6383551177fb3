"""Tests what the role `proxy` reads from a host's nginx, and which sites conflict with the chat."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from tests.deploy.files.ansible_tree import ANSIBLE


def _filters() -> ModuleType:
    path = ANSIBLE / "roles/proxy/filter_plugins/nginx_configuration.py"
    spec = importlib.util.spec_from_file_location("nginx_configuration", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


filters = _filters()
MAIN = """# configuration file /etc/nginx/nginx.conf:
user www-data; # worker_connections 1;
worker_rlimit_nofile 4096;
include /etc/nginx/modules-enabled/*.conf;
events { worker_connections 768; }
http {
    log_format odd '{"a": "b;"} # no comment';
    include conf.d/*.conf;
    include /etc/nginx/sites-enabled/*;
}

# configuration file /etc/nginx/modules-enabled/late.conf:
worker_shutdown_timeout 10s;

"""
SITE = "# configuration file /etc/nginx/sites-enabled/shop:\n"


def conflicts(site: str, *names: str) -> list[str]:
    """Return the reasons why the chat conflicts with a site."""
    servers = filters.read_configuration(MAIN + SITE + site)["servers"]
    found: list[str] = filters.find_conflicts(servers, list(names) or ["chat.example"], 443, 80)
    return found


def test_an_empty_configuration_yields_nothing() -> None:
    assert filters.read_configuration("") == {"servers": [], "includes": [], "settings": {}}


def test_settings_outside_of_http_are_found_with_their_files() -> None:
    settings = filters.read_configuration(MAIN)["settings"]
    assert settings["worker_connections"] == {"value": "768", "file": "/etc/nginx/nginx.conf"}
    assert settings["worker_rlimit_nofile"]["value"] == "4096"
    assert settings["worker_shutdown_timeout"] == {
        "value": "10s",
        "file": "/etc/nginx/modules-enabled/late.conf",
    }


def test_servers_are_found_with_what_they_include() -> None:
    dump = (
        MAIN
        + SITE
        + "server { include snippets/tls.conf; server_name a.example *.b.example; set $x ${host}y;}"
        + "server { server_name usual.example; } server { listen unix:/run/a.sock; }\n"
        + "# configuration file /etc/nginx/snippets/tls.conf:\nlisten [::]:8443 ssl;listen 90-92;"
    )
    first, second, third = filters.read_configuration(dump)["servers"]
    assert first["file"] == "/etc/nginx/sites-enabled/shop"
    assert first["names"] == ["a.example", "*.b.example"]
    assert first["listens"] == [
        {"address": "[::]", "first": 8443, "last": 8443, "options": ["ssl"]},
        {"address": "*", "first": 90, "last": 92, "options": []},
    ]
    assert second["listens"] == [{"address": "*", "first": 80, "last": 80, "options": []}]
    assert third["listens"] == []


@pytest.mark.parametrize(
    "site",
    [
        "server { listen 8081 default_server; server_name chat.example; }",
        "server { listen 80 default_server; listen [::]:80 default_server; server_name _; }",
        "server { listen 443 ssl http2; server_name shop.example *.example; }",
        "server { listen 443 quic reuseport; listen 443 ssl; server_name shop.example; }",
        "server { listen unix:/run/a.sock; server_name chat.example; }",
    ],
)
def test_another_site_with_other_names_or_ports_is_no_conflict(site: str) -> None:
    assert conflicts(site) == []


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        ("server { listen 443 ssl; server_name CHAT.example; }", "serves chat.example at port 443"),
        ("server { server_name a.example chat.example; }", "serves chat.example at port 80"),
        ("server { listen 10.0.0.1:443 ssl; }", "has port 443 of 10.0.0.1 to itself"),
        ("server { listen [fd00::1]:80; }", "has port 80 of [fd00::1] to itself"),
        ("server { listen localhost; }", "has port 80 of localhost to itself"),
        ("server { listen 443; }", "serves plain HTTP at port 443"),
        ("server { listen 80 ssl; }", "serves TLS at port 80"),
        ("server { listen [::]:80 ipv6only=off; }", "has port 80 of IPv4 and IPv6 in one socket"),
    ],
)
def test_a_conflict_is_named_with_its_file(site: str, expected: str) -> None:
    (reason,) = conflicts(site)
    assert reason.startswith(f"/etc/nginx/sites-enabled/shop {expected}")


def test_a_name_with_all_names_below_it_conflicts_with_the_same_in_another_form() -> None:
    assert conflicts("server { server_name *.chat.example; }", ".chat.example")
    assert conflicts("server { server_name chat.example; }", ".chat.example")
    assert not conflicts("server { server_name a.chat.example; }", ".chat.example")


def test_a_file_is_included_if_a_pattern_in_the_http_block_matches() -> None:
    includes = filters.read_configuration(MAIN)["includes"]
    assert filters.is_included(includes, "/etc/nginx/sites-enabled/zz-fawran.conf")
    assert not filters.is_included(["conf.d/*.conf"], "/etc/nginx/sites-enabled/zz-fawran.conf")
