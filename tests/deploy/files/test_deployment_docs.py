"""Tests that docs/deployment.md names every operation, and that the tests run its commands."""

from __future__ import annotations

import re

from reference_app.runtime.environment import ROOT
from tests.docs import documents

DOCUMENT = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")
SCRIPT = (ROOT / "scripts/deployment").read_text(encoding="utf-8")
RUN_BY_CI = [ROOT / "scripts/dev/deploy-test", ROOT / ".ci/run"]
TESTS = "".join(
    path.read_text(encoding="utf-8")
    for path in [*(ROOT / "tests/deploy/docker").rglob("*.py"), *RUN_BY_CI]
)


def operations() -> set[str]:
    """Return the operations that scripts/deployment lists in its header."""
    listed = re.findall(r"^#   scripts/deployment (.*?)(?:  |$)", SCRIPT, re.MULTILINE)
    return {re.sub(r"[\[\s].*", "", one) for line in listed for one in line.split(" | ")}


def documented_operations() -> set[str]:
    """Return the operations that docs/deployment.md has a command for."""
    return {
        words[position + 1]
        for words in documents.commands(DOCUMENT)
        for position, word in enumerate(words[:-1])
        if word == "scripts/deployment"
    }


def test_every_operation_is_documented() -> None:
    assert documented_operations() == operations()


def test_every_operation_is_run_by_the_tests() -> None:
    for operation in operations():
        used = rf'"{operation}"|scripts/deployment {operation}\b'
        assert re.search(used, TESTS), operation


def test_every_other_command_is_run_by_the_tests() -> None:
    for words in documents.commands(DOCUMENT):
        for target in documents.make_targets(words):
            assert re.search(rf"\bmake\b.* {target}\b", TESTS), target
        for path in documents.paths(words):
            assert path in TESTS, path


def test_every_option_of_the_verification_is_run_by_the_tests() -> None:
    verifications = [
        words for words in documents.commands(DOCUMENT) if words[0] == "scripts/verify-deployment"
    ]
    options = {word for words in verifications for word in words if word.startswith("--")}
    assert options == {"--insecure", "--users", "--http", "--drain", "--sockets"}
    for option in options:
        assert f" {option} " in TESTS, option


def test_every_setting_of_compose_and_of_its_operations_is_documented() -> None:
    compose = (ROOT / "deploy/compose.yaml").read_text(encoding="utf-8")
    parts = (ROOT / "scripts/deployment-parts.sh").read_text(encoding="utf-8")
    settings = set(re.findall(r"\$\{([A-Z_]+)", compose))
    settings |= set(re.findall(r"setting ([A-Z_]+)", SCRIPT + parts))
    for variable in settings - {"COMPOSE_FILE"}:
        assert f"`{variable}`" in DOCUMENT, variable
