"""Tests that any password is the same in an address, in Redis' access list and in its file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import yaml

from tests.deploy.files.ansible_tree import ANSIBLE, ansible_playbook
from tests.deploy.files.test_ansible_playbooks import preflight
from tests.passwords import PASSWORDS, encoded

PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.include_vars: {roles}/fawran/vars/main.yml
    - ansible.builtin.include_vars: {folder}/variables.yml
    - ansible.builtin.copy:
        content: "{{{{ __fawran_encoded_secrets | to_json }}}}"
        dest: {folder}/encoded
      vars: {{__fawran_secrets: "{{{{ passwords }}}}"}}
    - ansible.builtin.template:
        src: {roles}/redis/templates/users.acl.j2
        dest: "{folder}/acl-{{{{ item.key }}}}"
      loop: "{{{{ passwords | dict2items }}}}"
      vars:
        __fawran_secrets: {{redis-password: "{{{{ item.value }}}}", redis-exporter-password: x}}
    - ansible.builtin.copy:
        content: "{{{{ item.value }}}}"
        dest: "{folder}/secret-{{{{ item.key }}}}"
      loop: "{{{{ passwords | dict2items }}}}"
"""


class Unsafe(str):
    """Text that Ansible does not treat as a template."""


def _unsafe(dumper: yaml.SafeDumper, value: Unsafe) -> yaml.Node:
    return dumper.represent_scalar("!unsafe", str(value), style='"')


yaml.SafeDumper.add_representer(Unsafe, _unsafe)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the files that a play writes for all passwords."""
    folder = tmp_path_factory.mktemp("passwords")
    given = {kind: Unsafe(password) for kind, password in PASSWORDS.items()}
    variables = folder / "variables.yml"
    variables.write_text(
        yaml.safe_dump({"passwords": given}, allow_unicode=True),
        encoding="utf-8",
    )
    play = folder / "play.yml"
    play.write_text(PLAY.format(roles=ANSIBLE / "roles", folder=folder), encoding="utf-8")
    done = ansible_playbook("-i", "localhost,", str(play))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_an_address_has_the_password_percent_encoded(written: Path) -> None:
    found = json.loads((written / "encoded").read_text("utf-8"))
    assert found == {kind: encoded(password) for kind, password in PASSWORDS.items()}


def test_the_secret_file_has_the_password_to_the_last_character(written: Path) -> None:
    found = {kind: (written / f"secret-{kind}").read_text("utf-8") for kind in PASSWORDS}
    assert found == PASSWORDS


def test_the_redis_access_list_has_the_digest_of_the_password(written: Path) -> None:
    for kind, password in PASSWORDS.items():
        digest = hashlib.sha256(password.encode()).hexdigest()
        assert f"user fawran on #{digest} " in (written / f"acl-{kind}").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("fawran_database_password", "two\nlines", "has a control character"),
        ("fawran_redis_password", "a\0b", "has a control character"),
        ("fawran_database_password", 12345678, "is no text: put it in quotes"),
        ("fawran_database_password", "{{ x }}", "is a template of something that is not defined"),
        ("fawran_database_password", "md5" + "0" * 32, "is what PostgreSQL takes for a hash"),
    ],
)
def test_an_invalid_password_is_refused_with_its_variable(
    name: str, value: object, expected: str, tmp_path: Path
) -> None:
    output = preflight(tmp_path, "-e", json.dumps({name: value}))
    assert f"{name} {expected}" in output
    assert "Nothing was changed." in output
