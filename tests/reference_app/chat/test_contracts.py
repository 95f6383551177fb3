from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from reference_app.chat import asyncapi, contracts, protocol
from reference_app.config.environment import ROOT


@pytest.mark.parametrize("path", [str(path) for path in contracts.contracts()])
def test_a_generated_file_is_what_a_fresh_generation_gives(path: str) -> None:
    fresh = contracts.contracts()[Path(path)]
    assert (ROOT / path).read_text(encoding="utf-8") == fresh, (
        "run: python -m reference_app.chat.contracts write"
    )


def test_a_file_that_drifted_is_named(tmp_path: Path) -> None:
    contracts.write(tmp_path)
    assert contracts.drifted(tmp_path) == []
    script = Path("reference_app/web/static/web/js/protocol.js")
    (tmp_path / script).write_text("export const MAX_TEXT = 5;\n")
    assert contracts.drifted(tmp_path) == [script]


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


@pytest.mark.parametrize("document", [asyncapi.document(), contracts.openapi()])
def test_every_reference_of_a_document_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert found
    for reference in found:
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            assert part in target, reference
            target = target[part]


@pytest.mark.parametrize(
    "model",
    [
        *asyncapi.models_of(protocol.ClientFrame),
        *asyncapi.models_of(protocol.ServerFrame),
    ],
)
def test_the_asyncapi_document_has_every_frame(model: type[BaseModel]) -> None:
    document = asyncapi.document()
    message = document["components"]["messages"][model.__name__]
    assert message["name"] == asyncapi.type_of(model)
    told = f"#/channels/chat/messages/{model.__name__}"
    assert told in set(references(document["operations"]))


def test_the_asyncapi_document_tells_every_close_code() -> None:
    codes = {value for name, value in vars(protocol).items() if name.startswith("CLOSE_")}
    told = asyncapi.document()["channels"]["chat"]["x-close-codes"]
    assert {int(code) for code in told} == codes


def test_the_script_freezes_what_it_exports() -> None:
    script = contracts.javascript()
    assert f"export const MAX_TEXT = {protocol.MAX_TEXT};" in script
    assert script.count("Object.freeze(") == 3
    for code in protocol.ErrorCode:
        assert f'  {code.name}: "{code.value}",' in script


def test_a_discriminator_of_the_asyncapi_document_is_a_name() -> None:
    text = json.dumps(asyncapi.document())
    assert '"discriminator": "type"' in text
    assert "propertyName" not in text
