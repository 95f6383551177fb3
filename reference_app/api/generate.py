"""Generate the API documents and the JavaScript constants from ``protocol``.

So nothing is written twice. `python -m reference_app.api.generate write` writes the files;
`check` reports those that differ from a fresh generation. A test checks the same.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from collections.abc import Iterable
from pathlib import Path

import django

from reference_app import protocol
from reference_app.api import asyncapi
from reference_app.api.asyncapi import Json, models_of, type_of
from reference_app.runtime.environment import ROOT

CONSTANTS = (
    "MAX_TEXT",
    "MAX_EXCERPT",
    "MAX_FILES",
    "MAX_HISTORY",
    "MAX_QUERY",
    "MAX_TITLE",
    "MAX_GROUP",
    "REPLAY_LIMIT",
    "HEADS_EVERY",
    "TYPING_LIFETIME",
    "PRESENCE_EVERY",
    "TYPING_REPEAT",
    "LONG_POLL_LIMIT",
    "CLOSE_UNAUTHENTICATED",
    "CLOSE_TRY_LATER",
)


def contracts() -> dict[Path, str]:
    """Return each file's path, relative to the project, and its text. Needs Django's setup."""
    return {
        Path("docs/protocol/asyncapi.json"): _dump(asyncapi.document()),
        Path("docs/protocol/openapi.json"): _dump(openapi()),
        Path("reference_app/web/static/web/js/protocol.js"): javascript(),
    }


def openapi() -> Json:
    """Return the OpenAPI document of the HTTP API, as the site serves it."""
    # Django's models can be imported only after its setup.
    from reference_app.api.chat import api  # noqa: PLC0415

    return dict(api.get_openapi_schema(path_prefix="/api/"))


def javascript() -> str:
    """Return the constants of the JavaScript client as an ES module."""
    lines = [
        "// Generated from reference_app/protocol/ by",
        "// `python -m reference_app.api.generate write`; do not edit.",
        "",
        *(f"export const {name} = {getattr(protocol, name)};" for name in CONSTANTS),
        "",
        *_enumeration("ErrorCode", protocol.ErrorCode),
        *_enumeration("ClientFrame", map(type_of, models_of(protocol.ClientFrame))),
        *_enumeration("ServerFrame", map(type_of, models_of(protocol.ServerFrame))),
    ]
    return "\n".join(lines).rstrip() + "\n"


def drifted(root: Path = ROOT) -> list[Path]:
    """Return the files that are missing or differ from a fresh generation."""
    return [
        path
        for path, text in contracts().items()
        if not (root / path).exists() or (root / path).read_text(encoding="utf-8") != text
    ]


def write(root: Path = ROOT) -> None:
    """Write the files."""
    for path, text in contracts().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def main() -> None:
    """Write or check the files."""
    parser = argparse.ArgumentParser(prog="python -m reference_app.api.generate")
    parser.add_argument("action", choices=["write", "check"])
    action = parser.parse_args().action
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reference_app.config.settings")
    # The documents do not depend on the site's settings: any valid settings suffice.
    os.environ.setdefault("FAWRAN_MODE", "demo")
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(64))
    django.setup()
    if action == "write":
        write()
    elif stale := drifted():
        sys.exit(
            f"fawran: {', '.join(map(str, stale))} differ from reference_app/protocol/: "
            "run python -m reference_app.api.generate write"
        )


def _enumeration(name: str, values: Iterable[str]) -> list[str]:
    rows = [f'  {value.upper()}: "{value}",' for value in values]
    return [f"export const {name} = Object.freeze({{", *rows, "});", ""]


def _dump(document: Json) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
