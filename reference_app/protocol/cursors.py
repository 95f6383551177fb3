"""Cursors: the positions of a reader in all conversations, as text."""

from __future__ import annotations

from reference_app.protocol.fields import Wire


class Position(Wire):
    """How much of one conversation a reader has seen.

    ``version`` counts the changes of the reader's view that are not events.
    """

    epoch: int
    seq: int
    version: int = 0

    def __str__(self) -> str:
        place = f"{self.epoch}.{self.seq}"
        return f"{place}.{self.version}" if self.version else place


def parse_cursor(cursor: str) -> dict[int, Position]:
    """Return the positions in a cursor of the form ``id.epoch.seq[.version],...``.

    Raises:
        ValueError: the cursor does not have that form.
    """
    positions: dict[int, Position] = {}
    if cursor:
        for place in cursor.split(","):
            conversation, epoch, seq, *version = map(int, place.split("."))
            positions[conversation] = Position(epoch=epoch, seq=seq, version=sum(version))
    return positions


def format_cursor(positions: dict[int, Position]) -> str:
    """Return the cursor of these positions, ordered by conversation."""
    return ",".join(f"{id_}.{p}" for id_, p in sorted(positions.items()))
