"""docs/deployment.md tells every operation, and what it tells is run by the tests."""

from __future__ import annotations

import re

from reference_app.config.environment import ROOT
from tests.docs import documents

DOCUMENT = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")
SCRIPT = (ROOT / "scripts/deployment").read_text(encoding="utf-8")
TESTS = "".join(
    path.read_text(encoding="utf-8")
    for path in [*(ROOT / "tests/deploy/docker").glob("*.py"), ROOT / "scripts/deploy-test"]
)
NOT_TESTED_IN_CONTAINERS = {"locust"}
"""What a person looks at."""


def operations() -> set[str]:
    """Return what scripts/deployment does, by its own list."""
    listed = re.findall(r"^#   scripts/deployment (.*?)(?:  |$)", SCRIPT, re.MULTILINE)
    return {re.sub(r"[\[\s].*", "", one) for line in listed for one in line.split(" | ")}


def told() -> set[str]:
    """Return the operations that the document has a command for."""
    return {
        words[position + 1]
        for words in documents.commands(DOCUMENT)
        for position, word in enumerate(words[:-1])
        if word == "scripts/deployment"
    }


def test_every_operation_is_told() -> None:
    assert told() == operations()


def test_every_operation_is_run_by_the_tests() -> None:
    for operation in operations() - NOT_TESTED_IN_CONTAINERS:
        used = rf'"{operation}"|scripts/deployment {operation}\b'
        assert re.search(used, TESTS), operation


def test_every_setting_of_compose_is_told() -> None:
    compose = (ROOT / "deploy/compose.yaml").read_text(encoding="utf-8")
    for variable in set(re.findall(r"\$\{([A-Z_]+)", compose)):
        assert f"`{variable}`" in DOCUMENT, variable
