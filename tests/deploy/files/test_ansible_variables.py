"""Tests that each variable of a role has its prefix, a default, a specification and a README."""

from __future__ import annotations

import re

import pytest

from tests.deploy.files.ansible_tree import ANSIBLE, ROLES, defaults, options, read

each_role = pytest.mark.parametrize("role", ROLES)


@each_role
def test_a_role_is_complete(role: str) -> None:
    folder = ANSIBLE / "roles" / role
    wanted = {"README.md", "defaults/main.yml", "meta/main.yml", "meta/argument_specs.yml"}
    if role != "fawran":  # a common role, without tasks on hosts
        wanted |= {"tasks/main.yml", "tasks/verify.yml"}
    assert {name for name in wanted if not (folder / name).is_file()} == set()


@each_role
def test_every_role_but_the_common_one_depends_on_it(role: str) -> None:
    needed = [
        one["role"] for one in read(ANSIBLE / "roles" / role / "meta/main.yml")["dependencies"]
    ]
    assert needed == ([] if role == "fawran" else ["fawran"])


@each_role
def test_every_default_is_specified_and_has_the_prefix_of_its_role(role: str) -> None:
    assert set(defaults(role)) <= set(options(role))
    assert [name for name in options(role) if not name.startswith(f"{role}_")] == []


@each_role
def test_every_variable_has_a_default_or_is_required(role: str) -> None:
    for name, option in options(role).items():
        assert name in defaults(role) or option.get("required"), name
        assert option["description"], name


@each_role
def test_the_specified_default_is_the_default(role: str) -> None:
    for name, option in options(role).items():
        if "default" in option and "{{" not in str(defaults(role)[name]):
            assert option["default"] == defaults(role)[name], name


@each_role
def test_every_variable_is_in_the_readme(role: str) -> None:
    readme = (ANSIBLE / "roles" / role / "README.md").read_text(encoding="utf-8")
    assert [name for name in options(role) if not re.search(rf"`{name}`", readme)] == []


def test_the_common_role_knows_every_role() -> None:
    assert set(read(ANSIBLE / "roles/fawran/vars/main.yml")["__fawran_roles"]) >= set(ROLES)


@pytest.mark.parametrize("name", ["single", "multi", "legacy"])
def test_an_inventory_names_the_site_and_sets_known_variables(name: str) -> None:
    known = {variable for role in ROLES for variable in options(role)}
    given = read(ANSIBLE / "inventories" / name / "group_vars/all.yml")
    assert "fawran_hosts" in given
    assert set(given) <= known
    groups = read(ANSIBLE / "inventories" / name / "hosts.yml")["fawran"]["children"]
    assert set(groups) == {
        "proxy", "app", "redis", "postgresql", "monitoring", "loadgen", "legacy"
    }  # fmt: skip
