"""Several hosts: people on different ones hear each other, and one may be lost."""

from __future__ import annotations

import asyncio
import re

from tests.deploy.ansible.hosts import Fleet, docker
from tests.deploy.docker.crowd import chatting
from tests.deploy.target import Account, Target

PAGES = 16


def sockets_of(fleet: Fleet, name: str) -> float:
    """Return how many sockets the processes of a host hold, as they tell Prometheus."""
    host = fleet[name]
    ask = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())"
    held = 0.0
    for number in (1, 2):
        told = host.run("python3", "-c", ask, f"http://{host.address}:{9100 + number}/metrics")
        found = re.search(r"^fawran_sockets_open (\S+)", told, re.MULTILINE)
        assert found
        held += float(found[1])
    return held


async def test_people_on_different_hosts_hear_each_other(
    fleet: Fleet, target: Target, accounts: list[Account]
) -> None:
    async with chatting(target, accounts, PAGES) as crowd:
        for name in fleet.groups["app"]:
            assert await asyncio.to_thread(sockets_of, fleet, name) > 0, f"{name} has its share"
        await asyncio.sleep(2)
    crowd.assert_nothing_lost()


async def test_where_one_application_host_is_lost_the_service_goes_on(
    fleet: Fleet, target: Target, accounts: list[Account]
) -> None:
    lost = fleet[fleet.groups["app"][1]]
    async with chatting(target, accounts, PAGES) as crowd:
        await asyncio.to_thread(docker, "kill", lost.container)
        await asyncio.sleep(10)
    crowd.assert_nothing_lost()
    docker("start", lost.container)
    await asyncio.to_thread(lost.wait_until_up)


async def test_a_file_is_found_whichever_host_a_page_is_on(
    fleet: Fleet, target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "Files on one host")
    person = target.person(accounts[0])
    answer = await person.http.post(
        f"/api/conversations/{room}/files",
        files={"file": ("notes.txt", b"of one host", "text/plain")},
        headers={
            "X-CSRFToken": accounts[0].cookies.get("csrftoken", ""),
            "Referer": target.site.url,
        },
    )
    assert answer.is_success, answer.text
    for _ in range(8):
        found = await person.http.get(f"/api/files/{answer.json()['id']}")
        assert found.content == b"of one host"
    await person.http.aclose()
    stored = "find /var/lib/fawran/files -type f | wc -l"
    assert fleet[fleet.groups["app"][1]].shell(stored) == "0"
