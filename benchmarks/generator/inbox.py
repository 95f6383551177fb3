"""The protocol rules that track what one member has received, without a socket.

The rules are those of the page. An event is applied if it is the next one of its conversation,
and dropped if it is not newer. In all other cases the member has to request ``sync``. There is
no I/O, so that the rules can be tested without a server.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reference_app import protocol
from reference_app.protocol import Changes, Event, Heads, Position


@dataclass
class Inbox:
    """The positions of one member in their conversations, updated by each arrival."""

    positions: dict[int, Position] = field(default_factory=dict)

    @property
    def cursor(self) -> str:
        """The positions in the format that ``sync`` expects."""
        return protocol.format_cursor(self.positions)

    def take(self, event: Event) -> bool:
        """Apply one pushed event; return True if an event before it is missing."""
        position = self.positions.get(event.conversation)
        if position is None or position.epoch != event.epoch or event.seq > position.seq + 1:
            return True
        if event.seq == position.seq + 1:
            self._move(event)
        return False

    def catch_up(self, changes: Changes) -> list[Event]:
        """Apply the answer to ``sync``; return those of its events that are new."""
        fresh: list[Event] = []
        for state in changes.reset:
            self.positions[state.id] = Position(
                epoch=state.epoch, seq=state.seq, version=state.version
            )
        for event in changes.events:
            position = self.positions.get(event.conversation)
            if position is None or position.epoch != event.epoch or event.seq > position.seq:
                fresh.append(event)
                self._move(event)
        for conversation in changes.gone:
            self.positions.pop(conversation, None)
        return fresh

    def is_behind(self, heads: Heads) -> bool:
        """Return whether the server's heads include something that was not received."""
        for conversation, head in protocol.parse_cursor(heads.cursor).items():
            position = self.positions.get(conversation)
            if position is None or position.seq < head.seq:
                return True
            if (position.epoch, position.version) != (head.epoch, head.version):
                return True
        return False

    def _move(self, event: Event) -> None:
        position = self.positions.get(event.conversation)
        self.positions[event.conversation] = Position(
            epoch=event.epoch, seq=event.seq, version=position.version if position else 0
        )
