"""Measure what durable commits cost: messages stored in SQLite with FULL and with NORMAL.

Both databases are on the same disk, and are used alternately: after each block of messages in one
comes the same block in the other, in the order A B B A. The result is the ratio of the two blocks
of each pair, so a disk that becomes slower for a while slows both.
"""

from __future__ import annotations

import os
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import django

PAIRS = 60
STORES_PER_BLOCK = 20
BATCHES = {"single messages": 1, "batches of 50": 50}
MEMBERS = 10
LEVELS = ("NORMAL", "FULL")


def main(arguments: list[str]) -> None:
    """Measure in a temporary folder, and print a table."""
    with tempfile.TemporaryDirectory(dir=arguments[0] if arguments else ".") as folder:
        _set_up(Path(folder))
        for name, size in BATCHES.items():
            _print_row(name, size, _measure(size))


def _set_up(folder: Path) -> None:
    """Start Django with one database for each level, and migrate both."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "reference_app.config.settings",
        "FAWRAN_MODE": "demo",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FAWRAN_DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'FULL.sqlite3'}",
    }
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    for level in LEVELS:
        _use(folder, level)
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous")
            row = cursor.fetchone()
        assert row == (LEVELS.index(level) + 1,), "the level is the one that is measured"


def _use(folder: Path, level: str) -> None:
    from django.db import connection  # noqa: PLC0415

    connection.close()
    connection.settings_dict["NAME"] = str(folder / f"{level}.sqlite3")
    options = connection.settings_dict["OPTIONS"]
    options["init_command"] = f"PRAGMA journal_mode=WAL; PRAGMA synchronous={level};"
    connection.ensure_connection()


def _measure(size: int) -> dict[str, list[float]]:
    """Return the milliseconds of a store in each block, by level."""
    from django.db import connection  # noqa: PLC0415

    from reference_app.chat.records.draft import Draft  # noqa: PLC0415
    from reference_app.chat.store.messages import append_messages  # noqa: PLC0415
    from tests.builders import person, room  # noqa: PLC0415

    folder = Path(connection.settings_dict["NAME"]).parent
    people = {}
    for level in LEVELS:
        _use(folder, level)
        sender = person()
        people[level] = sender, room(sender, *(person() for _ in range(MEMBERS - 1)))
    found: dict[str, list[float]] = {level: [] for level in LEVELS}
    for pair in range(PAIRS):
        for level in LEVELS if pair % 2 else reversed(LEVELS):
            _use(folder, level)
            sender, conversation = people[level]
            began = time.perf_counter()
            for _ in range(STORES_PER_BLOCK):
                append_messages(
                    [
                        Draft(sender, conversation, uuid4(), f"message {number}")
                        for number in range(size)
                    ]
                )
            found[level].append((time.perf_counter() - began) * 1000 / STORES_PER_BLOCK)
    return found


def _print_row(name: str, size: int, found: dict[str, list[float]]) -> None:
    ratios = sorted(
        full / normal for full, normal in zip(found["FULL"], found["NORMAL"], strict=True)
    )
    low, middle, high = (statistics.quantiles(ratios, n=20)[place] for place in (0, 9, 18))
    medians = ", ".join(f"{level} {statistics.median(found[level]):.2f} ms" for level in LEVELS)
    spread = f"ratio {middle:.2f} (5 to 95 %: {low:.2f} to {high:.2f})"
    print(f"{name}: {medians} a store of {size}; {spread}")


if __name__ == "__main__":
    main(sys.argv[1:])
