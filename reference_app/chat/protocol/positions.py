"""Where a reader stands: cursors."""

from __future__ import annotations

from reference_app.chat.protocol.fields import Wire


class Position(Wire):
    """Where a reader stands in one conversation.

    ``version`` counts how often what they see of it changed by anything that is no event.
    """

    epoch: int
    seq: int
    version: int = 0

    def __str__(self) -> str:
        place = f"{self.epoch}.{self.seq}"
        return f"{place}.{self.version}" if self.version else place


def parse_cursor(cursor: str) -> dict[int, Position]:
    """Return the positions that a cursor of the form ``id.epoch.seq[.version],...`` names.

    Raises:
        ValueError: it is not of that form.
    """
    positions: dict[int, Position] = {}
    if cursor:
        for place in cursor.split(","):
            conversation, epoch, seq, *version = map(int, place.split("."))
            positions[conversation] = Position(epoch=epoch, seq=seq, version=sum(version))
    return positions


def format_cursor(positions: dict[int, Position]) -> str:
    """Return the cursor that names these positions, in the order of their conversations."""
    return ",".join(f"{id_}.{p}" for id_, p in sorted(positions.items()))
