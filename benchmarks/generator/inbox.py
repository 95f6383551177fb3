"""What one member has seen of their conversations: the rules of the wire, without a socket.

The same rules as the page's: an event is applied if it is the next of its
conversation, dropped if it is not newer, and anything else makes the member ask
``sync``. Pure, so that it is tested without a server.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reference_app import protocol
from reference_app.protocol import Changes, Event, Heads, Position


@dataclass
class Inbox:
    """Positions of one member, moved by what arrives."""

    positions: dict[int, Position] = field(default_factory=dict)

    @property
    def cursor(self) -> str:
        """What has been seen, as ``sync`` wants it."""
        return protocol.format_cursor(self.positions)

    def take(self, event: Event) -> bool:
        """Apply one pushed event; True if something before it is missing."""
        seen = self.positions.get(event.conversation)
        if seen is None or seen.epoch != event.epoch or event.seq > seen.seq + 1:
            return True
        if event.seq == seen.seq + 1:
            self._move(event)
        return False

    def catch_up(self, changes: Changes) -> list[Event]:
        """Apply the answer to ``sync``; return the events in it that were not seen yet."""
        fresh: list[Event] = []
        for state in changes.reset:
            self.positions[state.id] = Position(
                epoch=state.epoch, seq=state.seq, version=state.version
            )
        for event in changes.events:
            seen = self.positions.get(event.conversation)
            if seen is None or seen.epoch != event.epoch or event.seq > seen.seq:
                fresh.append(event)
                self._move(event)
        for conversation in changes.gone:
            self.positions.pop(conversation, None)
        return fresh

    def is_behind(self, heads: Heads) -> bool:
        """Return whether the server's heads tell of something not seen."""
        for conversation, head in protocol.parse_cursor(heads.cursor).items():
            seen = self.positions.get(conversation)
            if seen is None or seen.seq < head.seq:
                return True
            if (seen.epoch, seen.version) != (head.epoch, head.version):
                return True
        return False

    def _move(self, event: Event) -> None:
        seen = self.positions.get(event.conversation)
        self.positions[event.conversation] = Position(
            epoch=event.epoch, seq=event.seq, version=seen.version if seen else 0
        )
