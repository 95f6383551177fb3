"""Tests the chat on a host whose nginx serves another site before, meanwhile and after."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.deploy.ansible.hosts import Fleet, Host
from tests.deploy.ansible.people import target_with_people
from tests.deploy.ansible.playbooks import Operator
from tests.deploy.ansible.releases import Releases

SITE = """
log_format line 'other $uri';
upstream application { server 127.0.0.1:8082; }
server {
    listen 8081 default_server;
    server_name other.example;
    access_log /var/log/nginx/other.log line;
    root /home/other;
}
server {
    listen 80 default_server;
    server_name _;
    return 200 "the default site\\n";
}
"""
INSTALL = """
set -e
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx >/dev/null
mkdir -p /home/other
echo 'the other site' >/home/other/index.html
"""
ENABLE = """
set -e
ln -sf ../sites-available/other /etc/nginx/sites-enabled/other
rm -f /etc/nginx/sites-enabled/default
systemctl enable --quiet nginx
systemctl restart nginx
"""
ALL_FILES = "find /etc/nginx -type f -not -path '/etc/nginx/fawran/*' -exec sha256sum {} + | sort"
FETCH = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"


def fetch(host: Host, url: str) -> str:
    """Return what a host answers to a request from itself."""
    return host.run("python3", "-c", FETCH, url, check=False)


def assert_the_other_site_is_served(host: Host) -> None:
    assert fetch(host, "http://127.0.0.1:8081/") == "the other site"
    assert fetch(host, "http://127.0.0.1/") == "the default site"


@pytest.fixture(scope="module")
def host(operator: Operator, fleet: Fleet) -> Iterator[Host]:
    """Yield a bare host on which another operator's nginx serves another site."""
    host = fleet.first("proxy")
    operator.run_ok("uninstall", settings={"fawran_remove": "everything"})
    host.shell(INSTALL)
    host.run("tee", "/etc/nginx/sites-available/other", stdin=SITE)
    host.shell(ENABLE)
    host.shell(f"{ALL_FILES} >/root/nginx-before")
    assert_the_other_site_is_served(host)
    yield host
    host.shell("rm -f /etc/nginx/sites-enabled/other; systemctl reload nginx", check=False)


def test_another_site_is_served_next_to_the_chat(host: Host, operator: Operator) -> None:
    operator.run_ok("site")
    assert_the_other_site_is_served(host)
    assert "ProtectHome" not in host.run("systemctl", "cat", "nginx")
    assert operator.run_ok("site").changed == []
    operator.run_ok("verify", settings={"verify_drain": False})


async def test_a_release_is_rolled_out_next_to_another_site(
    host: Host, operator: Operator, fleet: Fleet, releases: Releases
) -> None:
    target = await asyncio.to_thread(target_with_people, fleet)
    accounts = await target.sign_in()
    room = await target.new_room(accounts, "Next to another site")
    revision = releases.create("The next", {"reference_app/next.txt": "next"})
    await asyncio.to_thread(operator.run_ok, "deploy", settings=releases.settings(revision))
    async with target.page(accounts[0], room) as page:
        await page.say("on the next release", str(uuid4()))
        await page.next_of("ack")
    assert_the_other_site_is_served(host)


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (
            "server {{ listen 443 ssl; server_name {name}; ssl_reject_handshake on; }}",
            "sites-enabled/clash serves {name} at port 443",
        ),
        ("server {{ listen 443; }}", "sites-enabled/clash serves plain HTTP at port 443"),
        ("server {{ listen 127.0.0.1:80; }}", "clash has port 80 of 127.0.0.1 to itself"),
        ("server {{ listen 8083; nonsense on; }}", "refuses the configuration that is there"),
    ],
)
def test_a_conflict_with_another_site_is_refused_with_its_file(
    site: str, expected: str, host: Host, operator: Operator, fleet: Fleet
) -> None:
    name = fleet.first("proxy").address
    clash = "/etc/nginx/sites-enabled/clash"
    before = host.shell(ALL_FILES)
    host.run("tee", clash, stdin=site.format(name=name))
    try:
        output = operator.run_refused("site")
    finally:
        host.run("rm", clash)
    assert expected.format(name=name) in output
    assert "Nothing was changed." in output
    assert host.shell(ALL_FILES) == before


@pytest.mark.parametrize("what", ["program", "everything"])
def test_uninstalling_the_chat_keeps_the_other_site(
    what: str, host: Host, operator: Operator
) -> None:
    operator.run_ok("site")
    operator.run_ok("uninstall", settings={"fawran_remove": what})
    assert_the_other_site_is_served(host)
    assert host.run("systemctl", "is-enabled", "nginx") == "enabled"
    assert host.shell(ALL_FILES) == host.run("cat", "/root/nginx-before")
