"""Tests the old setup on a separate host: Gunicorn, and pages that poll."""

from __future__ import annotations

from uuid import uuid4

import pytest
from websockets.exceptions import InvalidStatus

from reference_app import protocol
from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.playbooks import Operator
from tests.deploy.target import Account, Target


def test_a_bare_host_becomes_a_gunicorn_deployment(operator: Operator, fleet: Fleet) -> None:
    operator.run_ok("site", "--check", "--diff")
    operator.run_ok("site")
    host = fleet.server
    assert host.state() == "running", host.shell("systemctl --failed --no-legend")
    assert host.run("systemctl", "is-active", "gunicorn") == "active"
    assert host.shell("systemctl list-units --no-legend 'daphne@*'") == ""


async def test_people_receive_messages_by_polling(target: Target, accounts: list[Account]) -> None:
    room = await target.new_room(accounts, "Polled")
    one, other = (target.person(account) for account in accounts)
    cursor = (await other.http.get("/api/sync")).raise_for_status().json()["cursor"]
    message = protocol.NewMessage(client_id=uuid4(), text="in a while, بعد حين")
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
    assert operator.run_ok("site").changed == []


def test_the_verification_of_the_roles_passes(operator: Operator) -> None:
    operator.run_ok("verify")
