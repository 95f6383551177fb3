"""A chat that does nothing but broadcast: the wire's rules, without a socket.

What the null server and the peers have in common. There is no database, no channel layer
and no check beyond the frames' own: what such a server carries is what its WebSocket
library and its language carry.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.generator.members import Member
from reference_app import protocol
from reference_app.protocol import Person


@dataclass(frozen=True)
class Guest:
    """Who is on a socket, and the one room they are in."""

    person: Person
    room: int


@dataclass(frozen=True)
class Reply:
    """What a frame leads to: text for everybody in the sender's room, then for the sender."""

    to_room: str = ""
    to_sender: str = ""
    is_message: bool = False


class BareChat:
    """Numbers the messages of each room, and says who is to be sent what."""

    def __init__(self, crowd: Sequence[Member], clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._clock_ns = clock_ns
        self._members = {member.session: member for member in crowd}
        self._seqs: Counter[int] = Counter()

    def enter(self, cookie: str) -> Guest:
        """Return who a Cookie header is of.

        Raises:
            KeyError: it is nobody's of the crowd.
        """
        cookies = dict(part.strip().split("=", 1) for part in cookie.split(";"))
        member = self._members[cookies["sessionid"]]
        name = f"Member {member.id}"
        return Guest(Person(id=member.id, username=f"member{member.id}", name=name), member.room)

    def welcome(self, guest: Guest) -> str:
        """Return the first frame on a socket."""
        return protocol.Welcome(me=guest.person).model_dump_json()

    def take(self, guest: Guest, text: str | bytes) -> Reply:
        """Return what a frame that came leads to.

        Raises:
            Refused: it is not a frame of the protocol.
        """
        match protocol.parse_client_frame(text):
            case protocol.SyncFrame():
                return Reply(to_sender=self._changes(guest.room).model_dump_json())
            case protocol.SendFrame() as frame:
                return self._message(guest, frame)
            case protocol.TypingFrame() as frame:
                typing = protocol.Typing(
                    conversation=guest.room, person=guest.person, active=frame.active
                )
                return Reply(to_room=typing.model_dump_json())
        return Reply()

    def _changes(self, room: int) -> protocol.Changes:
        state = protocol.ConversationState(
            id=room,
            epoch=1,
            seq=self._seqs[room],
            kind="group",
            title="",
            members=[],
            last_message=None,
            owner=None,
            read=0,
            read_by={},
            unread=0,
        )
        return protocol.Changes(cursor="", reset=[state], events=[], gone=[], typing=[])

    def _message(self, guest: Guest, frame: protocol.SendFrame) -> Reply:
        self._seqs[guest.room] += 1
        seq = self._seqs[guest.room]
        now = self._clock_ns() // 1_000_000
        event = protocol.MessageEvent(
            conversation=guest.room,
            epoch=1,
            seq=seq,
            at=now,
            actor=guest.person,
            id=self._seqs.total(),
            client_id=frame.client_id,
            text=frame.text,
        )
        ack = protocol.Ack(
            client_id=frame.client_id,
            conversation=guest.room,
            epoch=1,
            seq=seq,
            id=event.id,
            at=now,
        )
        return Reply(event.model_dump_json(), ack.model_dump_json(), is_message=True)
