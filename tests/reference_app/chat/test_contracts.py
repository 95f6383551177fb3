from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.chat.contracts import asyncapi, contracts
from reference_app.config.environment import ROOT


@pytest.mark.parametrize(
    "path",
    [
        "docs/protocol/asyncapi.json",
        "docs/protocol/openapi.json",
        "reference_app/web/static/web/js/protocol.js",
    ],
)
def test_what_is_generated_has_not_drifted_from_the_protocol(path: str) -> None:
    fresh = contracts()[Path(path)]
    assert (ROOT / path).read_text(encoding="utf-8") == fresh, (
        "run: python -m reference_app.chat.contracts"
    )


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi()

    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [one for value in node.values() for one in references(value)]
        if isinstance(node, list):
            return [one for value in node for one in references(value)]
        return []

    for reference in references(document):
        target: object = document
        for part in reference.removeprefix("#/").split("/"):
            assert isinstance(target, dict)
            assert part in target, reference
            target = target[part]
