"""The generated protocol files: they are up to date, complete, and their references resolve."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from reference_app import protocol
from reference_app.api import asyncapi, generate
from reference_app.runtime.environment import ROOT


@pytest.mark.parametrize("path", [str(path) for path in generate.contracts()])
def test_a_generated_file_is_up_to_date(path: str) -> None:
    fresh = generate.contracts()[Path(path)]
    assert (ROOT / path).read_text(encoding="utf-8") == fresh, (
        "run: python -m reference_app.api.generate write"
    )


def test_a_file_that_drifted_is_named(tmp_path: Path) -> None:
    generate.write(tmp_path)
    assert generate.drifted(tmp_path) == []
    script = Path("reference_app/web/static/web/js/protocol.js")
    (tmp_path / script).write_text("export const MAX_TEXT = 5;\n")
    assert generate.drifted(tmp_path) == [script]


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


@pytest.mark.parametrize("document", [asyncapi.document(), generate.openapi()])
def test_every_reference_of_a_document_resolves(document: dict[str, Any]) -> None:
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
    reference = f"#/channels/chat/messages/{model.__name__}"
    assert reference in set(references(document["operations"]))


def test_the_asyncapi_document_lists_every_close_code() -> None:
    codes = {value for name, value in vars(protocol).items() if name.startswith("CLOSE_")}
    listed = asyncapi.document()["channels"]["chat"]["x-close-codes"]
    assert {int(code) for code in listed} == codes


def test_the_script_freezes_what_it_exports() -> None:
    script = generate.javascript()
    assert f"export const MAX_TEXT = {protocol.MAX_TEXT};" in script
    assert script.count("Object.freeze(") == 3
    for code in protocol.ErrorCode:
        assert f'  {code.name}: "{code.value}",' in script


def test_a_discriminator_of_the_asyncapi_document_is_a_name() -> None:
    text = json.dumps(asyncapi.document())
    assert '"discriminator": "type"' in text
    assert "propertyName" not in text
