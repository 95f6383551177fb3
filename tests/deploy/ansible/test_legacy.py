"""The chat as it was served before, on a host of its own: Gunicorn, and pages that poll."""

from __future__ import annotations

from uuid import uuid4

import pytest
from websockets.exceptions import InvalidStatus

from reference_app.chat import protocol
from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.playing import Operator
from tests.deploy.target import Account, Target


def test_a_bare_host_serves_by_gunicorn(operator: Operator, fleet: Fleet) -> None:
    operator.must("site", "--check", "--diff")
    operator.must("site")
    host = fleet.server
    assert host.state() == "running", host.shell("systemctl --failed --no-legend")
    assert host.run("systemctl", "is-active", "gunicorn") == "active"
    assert host.shell("systemctl list-units --no-legend 'daphne@*'") == ""


async def test_people_hear_each_other_by_asking(target: Target, accounts: list[Account]) -> None:
    room = await target.new_room(accounts, "Polled")
    one, other = (target.person(account) for account in accounts)
    cursor = (await other.http.get("/api/sync")).raise_for_status().json()["cursor"]
    message = protocol.Compose(client_id=uuid4(), text="in a while, بعد حين")
    (await one.post(f"/conversations/{room}/messages", message)).raise_for_status()
    answer = await other.http.get("/api/sync", params={"cursor": cursor})
    changes = protocol.Changes.model_validate_json(answer.raise_for_status().content)
    assert [event.text for event in changes.events if isinstance(event, protocol.MessageEvent)] == [
        "in a while, بعد حين"
    ]
    await one.http.aclose()
    await other.http.aclose()
    with pytest.raises(InvalidStatus):
        await target.page(accounts[0], room).__aenter__()


def test_a_second_run_changes_nothing(operator: Operator) -> None:
    assert operator.must("site").changed == []


def test_its_roles_find_it_well(operator: Operator) -> None:
    operator.must("verify")
