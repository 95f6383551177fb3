"""Tests that each role can be run alone, by its tag."""

from __future__ import annotations

import pytest

from tests.deploy.ansible.playbooks import Operator


@pytest.mark.parametrize(
    "tag", ["base", "redis", "postgresql", "app", "proxy", "backup", "monitoring"]
)
def test_a_role_alone_finds_nothing_to_change(tag: str, operator: Operator) -> None:
    run = operator.run_ok("site", "--tags", tag)
    assert f"TASK [{tag} : " in run.output, "it was run"
    assert run.changed == []
