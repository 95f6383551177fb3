"""Tests of generated secrets and of secrets from a vault: used everywhere, and never shown."""

from __future__ import annotations

import base64
import json
import re
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.people import say
from tests.deploy.ansible.playbooks import PLAYBOOK, Operator
from tests.deploy.target import Account, Target
from tests.passwords import PASSWORDS, encoded


def digests(fleet: Fleet) -> dict[tuple[str, str], str]:
    """Return the digest of each secret of each host, by the host's name and the file's."""
    found = {}
    for host in fleet.hosts.values():
        listed = host.shell("sha256sum /etc/fawran/secrets/* 2>/dev/null", check=False)
        for digest, path in map(str.split, listed.splitlines()):
            found[host.name, path.rsplit("/", 1)[1]] = digest
    return found


async def test_new_secrets_are_used_everywhere(
    operator: Operator, fleet: Fleet, target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "Secrets come and go")
    await say(target, accounts[0], room, "under the old ones")
    before, written = digests(fleet), await target.messages(accounts[0], room)
    operator.run_ok("site", settings={"fawran_rotate_secrets": True})
    after = digests(fleet)
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] == after[name]} == set()
    # A new key ends all sessions; other tests go on with the new ones.
    accounts[:] = await target.sign_in()
    assert await target.messages(accounts[0], room) == written
    await say(target, accounts[0], room, "under the new ones")
    assert operator.run_ok("site").changed == []
    operator.run_ok("verify", settings={"verify_drain": False})


@pytest.fixture
def vault(tmp_path: Path) -> Callable[..., list[str]]:
    """Return a function that encrypts variables in a vault, and returns the options to use it."""
    password = tmp_path / "password"
    password.write_text(secrets.token_urlsafe(32), encoding="utf-8")

    def encrypt(**values: str) -> list[str]:
        file = tmp_path / "vault.yml"
        # Ansible would treat a text with braces as a template.
        lines = [f"{name}: !unsafe {json.dumps(value)}\n" for name, value in values.items()]
        file.write_text("".join(lines), encoding="utf-8")
        unlock = ["--vault-password-file", str(password)]
        program = PLAYBOOK.with_name("ansible-vault")
        subprocess.run([program, "encrypt", *unlock, file], check=True, capture_output=True)
        return ["--extra-vars", f"@{file}", *unlock]

    return encrypt


def secret(fleet: Fleet, group: str, name: str) -> str:
    """Return the content of a secret's file, to the last character."""
    read = f"base64 --wrap=0 /etc/fawran/secrets/{name}"
    return base64.b64decode(fleet.first(group).shell(read)).decode()


@pytest.mark.parametrize("kinds", [("slash", "percent"), ("Jinja", "quotes"), ("spaces", "Arabic")])
async def test_any_password_from_a_vault_is_used_and_never_shown(
    kinds: tuple[str, str],
    operator: Operator,
    fleet: Fleet,
    target: Target,
    accounts: list[Account],
    vault: Callable[..., list[str]],
) -> None:
    database, redis = (PASSWORDS[kind] for kind in kinds)
    given = vault(fawran_database_password=database, fawran_redis_password=redis)
    output = operator.run_ok("site", "--diff", "-vv", *given).output
    for password in (database, redis):
        assert password not in output
        assert encoded(password) not in output
    assert secret(fleet, "postgresql", "postgresql-password") == database
    assert secret(fleet, "redis", "redis-password") == redis
    room = await target.new_room(accounts, "From a vault")
    await say(target, accounts[0], room, "and it goes on")
    assert operator.run_ok("site", *given).changed == []
    operator.run_ok("backup", *given)


async def test_a_password_that_is_no_longer_given_is_generated_again(
    operator: Operator,
    fleet: Fleet,
    target: Target,
    accounts: list[Account],
    vault: Callable[..., list[str]],
) -> None:
    given = {"fawran_database_password": PASSWORDS["slash"], "fawran_redis_password": "a b"}
    operator.run_ok("site", *vault(**given))
    operator.run_ok("deploy")
    assert secret(fleet, "redis", "redis-password") == "a b", "a release changes no password"
    operator.run_ok("site")
    for group, name in (("postgresql", "postgresql-password"), ("redis", "redis-password")):
        assert re.fullmatch("[A-Za-z0-9]{64}", secret(fleet, group, name))
    room = await target.new_room(accounts, "Without a vault")
    await say(target, accounts[0], room, "and it goes on")
    assert operator.run_ok("site").changed == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("fawran_database_password", "two\nlines", "has a control character"),
        ("fawran_redis_password", "a\0b", "has a control character"),
        ("fawran_redis_password", "x" * 501, "is longer than 500 characters"),
        ("fawran_database_password", 12345678, "is no text: put it in quotes"),
        ("fawran_database_password", "{{ x }}", "is a template of something that is not defined"),
        ("fawran_database_password", "md5" + "0" * 32, "is what PostgreSQL takes for a hash"),
    ],
)
def test_an_invalid_password_is_refused_with_its_name(
    name: str, value: object, expected: str, operator: Operator, fleet: Fleet
) -> None:
    before = digests(fleet)
    output = operator.run_refused("site", settings={name: value})
    assert f"{name} {expected}" in output
    assert "Nothing was changed." in output
    assert digests(fleet) == before
