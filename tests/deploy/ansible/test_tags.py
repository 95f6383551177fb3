"""Each role can be played alone, by its tag."""

from __future__ import annotations

import pytest

from tests.deploy.ansible.playing import Operator


@pytest.mark.parametrize(
    "tag", ["base", "redis", "postgresql", "app", "proxy", "backup", "monitoring"]
)
def test_a_role_alone_finds_nothing_to_change(tag: str, operator: Operator) -> None:
    played = operator.must("site", "--tags", tag)
    assert f"TASK [{tag} : " in played.said, "it was played"
    assert played.changed == []
