"""Secrets are made anew, or come from a vault: taken over everywhere, and told nobody."""

from __future__ import annotations

import secrets
import subprocess
from pathlib import Path

import pytest

from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.people import say
from tests.deploy.ansible.playing import PLAYBOOK, Operator
from tests.deploy.target import Account, Target


def digests(fleet: Fleet) -> dict[tuple[str, str], str]:
    """Return the digest of each secret of each host, by the host's name and the file's."""
    found = {}
    for host in fleet.hosts.values():
        listed = host.shell("sha256sum /etc/fawran/secrets/* 2>/dev/null", must=False)
        for digest, path in map(str.split, listed.splitlines()):
            found[host.name, path.rsplit("/", 1)[1]] = digest
    return found


async def test_new_secrets_are_taken_over_everywhere(
    operator: Operator, fleet: Fleet, target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "Secrets come and go")
    await say(target, accounts[0], room, "under the old ones")
    before, written = digests(fleet), await target.messages(accounts[0], room)
    operator.must("site", settings={"fawran_rotate_secrets": True})
    after = digests(fleet)
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] == after[name]} == set()
    # A new key ends everybody's session; other tests go on with the new ones.
    accounts[:] = await target.sign_in()
    assert await target.messages(accounts[0], room) == written
    await say(target, accounts[0], room, "under the new ones")
    assert operator.must("site").changed == []
    operator.must("verify", settings={"verify_drain": False})


@pytest.fixture
def vault(tmp_path: Path) -> tuple[str, list[str]]:
    """A password of Redis in a vault: what it is, and the options that give it."""
    value = secrets.token_urlsafe(32)
    file, password = tmp_path / "vault.yml", tmp_path / "password"
    file.write_text(f"fawran_redis_password: {value}\n", encoding="utf-8")
    password.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    opened_by = ["--vault-password-file", str(password)]
    vault = PLAYBOOK.with_name("ansible-vault")
    subprocess.run([vault, "encrypt", *opened_by, file], check=True, capture_output=True)
    assert value not in file.read_text(encoding="utf-8")
    return value, ["--extra-vars", f"@{file}", *opened_by]


async def test_a_secret_from_a_vault_is_taken_and_told_nobody(
    operator: Operator,
    fleet: Fleet,
    target: Target,
    accounts: list[Account],
    vault: tuple[str, list[str]],
) -> None:
    value, given = vault
    assert value not in operator.must("site", "--diff", "-vv", *given).said
    redis = fleet.first("redis")
    assert redis.run("cat", "/etc/fawran/secrets/redis-password") == value
    room = await target.new_room(accounts, "From a vault")
    await say(target, accounts[0], room, "and it goes on")
    assert operator.must("site").changed == [], "without the vault it stays"
