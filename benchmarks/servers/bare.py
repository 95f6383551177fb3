"""A chat that only broadcasts: the rules of the protocol, without I/O.

The null server and the peers in Python share it. There is no database, no channel layer and no
check except the validation of frames. So the throughput of such a server is that of its
WebSocket library and its language.
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
    """The user of a socket, and the one room that the user is in."""

    person: Person
    room: int


@dataclass(frozen=True)
class Reply:
    """The replies to a frame: to all in the sender's room, then to the sender; empty if none."""

    to_room: str = ""
    to_sender: str = ""
    is_message: bool = False


class BareChat:
    """A chat that numbers the messages of each room, and returns the replies to frames."""

    def __init__(self, crowd: Sequence[Member], clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._clock_ns = clock_ns
        self._members = {member.session: member for member in crowd}
        self._seqs: Counter[int] = Counter()

    def enter(self, cookie: str) -> Guest:
        """Return the user to whom the session in a Cookie header belongs.

        Raises:
            KeyError: the session belongs to no member of the crowd.
        """
        cookies = dict(part.strip().split("=", 1) for part in cookie.split(";"))
        member = self._members[cookies["sessionid"]]
        name = f"Member {member.id}"
        return Guest(Person(id=member.id, username=f"member{member.id}", name=name), member.room)

    def welcome(self, guest: Guest) -> str:
        """Return the first frame on a socket."""
        return protocol.Welcome(me=guest.person).model_dump_json()

    def take(self, guest: Guest, text: str | bytes) -> Reply:
        """Return the replies to a frame that was received.

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
