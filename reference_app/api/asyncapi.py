"""The AsyncAPI 3.0 document of the WebSocket, generated from the models of ``protocol``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from reference_app import protocol

Json = dict[str, Any]

REPLIES: dict[type[BaseModel], tuple[type[BaseModel], ...]] = {
    protocol.SendFrame: (protocol.Ack, protocol.Failure),
    protocol.TypingFrame: (protocol.Failure,),
    protocol.ReadFrame: (protocol.Failure,),
    protocol.SyncFrame: (protocol.Changes, protocol.Failure),
}
"""The replies to each client frame; the server sends all other frames without a request."""

CLOSE_CODES = {
    protocol.CLOSE_UNAUTHENTICATED: "Not signed in, or no longer: sign in, then connect.",
    protocol.CLOSE_TRY_LATER: "Try again later: connect after a back-off, then sync.",
    protocol.CLOSE_RESTART: "The server restarts: connect after the reason's time, then sync.",
}

CHANNEL = "#/channels/chat"


def document() -> Json:
    """Return the AsyncAPI document: both directions, all frames, sign-in and close codes."""
    inbound, outbound = models_of(protocol.ClientFrame), models_of(protocol.ServerFrame)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Fawran chat",
            "version": "1",
            "description": (
                "Each frame is one JSON object. The server joins the groups of the reader's "
                "conversations, then sends `welcome`; the client then sends `sync`. "
                "docs/protocol.md describes the rest."
            ),
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "site": {
                "host": "{host}",
                "protocol": "wss",
                "description": "The site itself; ws on a local machine.",
                "variables": {"host": {"default": "localhost:8000"}},
                "security": [{"$ref": "#/components/securitySchemes/session"}],
            }
        },
        "channels": {"chat": _channel([*inbound, *outbound])},
        "operations": _operations(inbound, outbound),
        "components": {
            "securitySchemes": {
                "session": {
                    "type": "httpApiKey",
                    "in": "cookie",
                    "name": "sessionid",
                    "description": "The session of the site's login page.",
                }
            },
            "messages": {model.__name__: _message(model) for model in (*inbound, *outbound)},
            "schemas": _schemas(inbound, outbound),
        },
    }


def models_of(union: Any) -> list[type[BaseModel]]:
    """Return the models of a discriminated union, in the order of its definition."""
    return list(get_args(get_args(union)[0]))


def type_of(model: type[BaseModel]) -> str:
    """Return the ``type`` that identifies a frame."""
    return str(model.model_fields["type"].default)


def _channel(models: Iterable[type[BaseModel]]) -> Json:
    return {
        "address": "/ws/chat/",
        "messages": {
            model.__name__: {"$ref": f"#/components/messages/{model.__name__}"} for model in models
        },
        "bindings": {
            "ws": {
                "method": "GET",
                "headers": {
                    "type": "object",
                    "required": ["Origin"],
                    "properties": {
                        "Origin": {"type": "string", "description": "An origin of the site."}
                    },
                },
                "bindingVersion": "0.1.0",
            }
        },
        "x-close-codes": {str(code): meaning for code, meaning in CLOSE_CODES.items()},
        "x-max-frame-characters": protocol.MAX_FRAME,
    }


def _operations(inbound: list[type[BaseModel]], outbound: list[type[BaseModel]]) -> Json:
    """Return an operation for each client frame, and one for frames without a request."""
    answers = {model for reply in REPLIES.values() for model in reply}
    unasked = [model for model in outbound if model not in answers]
    operations: Json = {
        type_of(model): _operation("receive", [model])
        | {"reply": {"channel": {"$ref": CHANNEL}, "messages": _messages(REPLIES[model])}}
        for model in inbound
    }
    return operations | {"push": _operation("send", unasked)}


def _operation(action: str, models: Iterable[type[BaseModel]]) -> Json:
    return {"action": action, "channel": {"$ref": CHANNEL}, "messages": _messages(models)}


def _messages(models: Iterable[type[BaseModel]]) -> list[Json]:
    return [{"$ref": f"{CHANNEL}/messages/{model.__name__}"} for model in models]


def _message(model: type[BaseModel]) -> Json:
    return {
        "name": type_of(model),
        "summary": (model.__doc__ or "").splitlines()[0],
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
    }


def _schemas(inbound: list[type[BaseModel]], outbound: list[type[BaseModel]]) -> Json:
    _references, schemas = models_json_schema(
        [(model, "validation") for model in inbound]
        + [(model, "serialization") for model in outbound],
        ref_template="#/components/schemas/{model}",
    )
    definitions: Json = _with_plain_discriminators(schemas["$defs"])
    return definitions


def _with_plain_discriminators(node: Any) -> Any:
    """Return a schema in which each discriminator is a property's name, as AsyncAPI requires.

    Pydantic writes an object, as OpenAPI requires. Each model defines its type as a constant,
    so the object's mapping adds nothing.
    """
    if isinstance(node, list):
        return [_with_plain_discriminators(value) for value in node]
    if not isinstance(node, dict):
        return node
    plain = {name: _with_plain_discriminators(value) for name, value in node.items()}
    match node.get("discriminator"):
        case {"propertyName": name}:
            plain["discriminator"] = name
    return plain
