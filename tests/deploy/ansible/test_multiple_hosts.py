"""Tests of several application hosts: messages between them, and the loss of one."""

from __future__ import annotations

import asyncio
import re

from tests.deploy.ansible.hosts import Fleet, docker
from tests.deploy.docker.crowd import chatting_crowd
from tests.deploy.target import Account, Target

PAGES = 16


def sockets_of(fleet: Fleet, name: str) -> float:
    """Return how many sockets the processes of a host hold, by their Prometheus metrics."""
    host = fleet[name]
    fetch = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())"
    total = 0.0
    for number in (1, 2):
        metrics = host.run("python3", "-c", fetch, f"http://{host.address}:{9100 + number}/metrics")
        found = re.search(r"^fawran_sockets_open (\S+)", metrics, re.MULTILINE)
        assert found
        total += float(found[1])
    return total


async def test_people_on_different_hosts_receive_each_others_messages(
    fleet: Fleet, target: Target, accounts: list[Account]
) -> None:
    async with chatting_crowd(target, accounts, PAGES) as crowd:
        for name in fleet.groups["app"]:
            assert await asyncio.to_thread(sockets_of, fleet, name) > 0, f"{name} has sockets"
        await asyncio.sleep(2)
    crowd.assert_nothing_lost()


async def test_the_service_survives_the_loss_of_an_application_host(
    fleet: Fleet, target: Target, accounts: list[Account]
) -> None:
    lost = fleet[fleet.groups["app"][1]]
    async with chatting_crowd(target, accounts, PAGES) as crowd:
        await asyncio.to_thread(docker, "kill", lost.container)
        await asyncio.sleep(10)
    crowd.assert_nothing_lost()
    docker("start", lost.container)
    await asyncio.to_thread(lost.wait_until_up)


async def test_a_file_is_served_by_every_application_host(
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
