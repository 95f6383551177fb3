"""What others read of the wire, generated from protocol.py: nothing is written twice.

`python -m reference_app.chat.contracts` writes the files; a test fails when one differs
from what a fresh generation gives.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import django
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from reference_app.chat import protocol
from reference_app.config.environment import ROOT

Json = dict[str, Any]

CONSTANTS = (
    "MAX_TEXT",
    "MAX_TITLE",
    "MAX_GROUP",
    "REPLAY_LIMIT",
    "HEADS_EVERY",
    "TYPING_LIFETIME",
    "TYPING_REPEAT",
    "LONG_POLL_LIMIT",
    "CLOSE_UNAUTHENTICATED",
    "CLOSE_TRY_LATER",
)


def contracts() -> dict[Path, str]:
    """Return each file's path, relative to the project, and its text. Needs Django set up."""
    return {
        Path("docs/protocol/asyncapi.json"): _dump(asyncapi()),
        Path("docs/protocol/openapi.json"): _dump(openapi()),
        Path("reference_app/web/static/web/js/protocol.js"): javascript(),
    }


def asyncapi() -> Json:
    """Return the AsyncAPI 3.0 document of the WebSocket."""
    inbound = _models(protocol.ClientFrame)
    outbound = _models(protocol.ServerFrame)
    _refs, schemas = models_json_schema(
        [(model, "validation") for model in inbound]
        + [(model, "serialization") for model in outbound],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Fawran chat",
            "version": "1",
            "description": (
                "One JSON object a text frame. Sign-in is the site's session cookie; the Origin "
                "has to be one of the site's own. The server joins the reader's groups, then "
                f"sends `welcome`; the client then asks `sync`. Close codes: "
                f"{protocol.CLOSE_UNAUTHENTICATED} sign in first, {protocol.CLOSE_TRY_LATER} "
                "try again later."
            ),
        },
        "channels": {
            "chat": {
                "address": "/ws/chat/",
                "messages": {
                    model.__name__: {"$ref": f"#/components/messages/{model.__name__}"}
                    for model in (*inbound, *outbound)
                },
            }
        },
        "operations": {
            "write": _operation("receive", inbound),
            "read": _operation("send", outbound),
        },
        "components": {
            "messages": {
                model.__name__: {
                    "name": _type_of(model),
                    "summary": (model.__doc__ or "").splitlines()[0],
                    "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
                }
                for model in (*inbound, *outbound)
            },
            "schemas": schemas["$defs"],
        },
    }


def openapi() -> Json:
    """Return the OpenAPI document of the HTTP API, as the site serves it."""
    # Django's models can be imported only after its set-up.
    from reference_app.chat.api import api  # noqa: PLC0415

    return dict(api.get_openapi_schema(path_prefix="/api/"))


def javascript() -> str:
    """Return the constants of the JavaScript client as an ES module."""
    lines = [
        "// Generated from reference_app/chat/protocol.py by",
        "// `python -m reference_app.chat.contracts`; do not edit.",
        "",
        *(f"export const {name} = {getattr(protocol, name)};" for name in CONSTANTS),
        "",
        *_enumeration("ErrorCode", protocol.ErrorCode),
        *_enumeration("ClientFrame", map(_type_of, _models(protocol.ClientFrame))),
        *_enumeration("ServerFrame", map(_type_of, _models(protocol.ServerFrame))),
    ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Write the files."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reference_app.config.settings")
    django.setup()
    for path, text in contracts().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path}\n")


def _models(union: Any) -> list[type[BaseModel]]:
    """Return the models of a discriminated union, in the order in which it names them."""
    return list(get_args(get_args(union)[0]))


def _type_of(model: type[BaseModel]) -> str:
    return str(model.model_fields["type"].default)


def _operation(action: str, models: Iterable[type[BaseModel]]) -> Json:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/chat"},
        "messages": [{"$ref": f"#/channels/chat/messages/{model.__name__}"} for model in models],
    }


def _enumeration(name: str, values: Iterable[str]) -> list[str]:
    rows = [f'  {value.upper()}: "{value}",' for value in values]
    return [f"export const {name} = Object.freeze({{", *rows, "});", ""]


def _dump(document: Json) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
