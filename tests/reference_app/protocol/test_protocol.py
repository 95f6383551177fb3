"""Frames and cursors: what is parsed, what is refused, and that both survive the wire."""

from __future__ import annotations

import json
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reference_app import protocol
from reference_app.protocol import ErrorCode, Position, Refused
from reference_app.protocol.text_rules import problem_of

SEND = {"type": "send", "conversation": 1, "client_id": str(uuid4()), "text": "hi"}


def refused(frame: object) -> Refused:
    text = frame if isinstance(frame, str) else json.dumps(frame)
    with pytest.raises(Refused) as caught:
        protocol.parse_client_frame(text)
    return caught.value


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", ErrorCode.NOT_JSON),
        ("{", ErrorCode.NOT_JSON),
        ("NaN", ErrorCode.INVALID),
        ("[]", ErrorCode.INVALID),
        ("null", ErrorCode.INVALID),
        ({}, ErrorCode.UNKNOWN_TYPE),
        ({"type": "shout"}, ErrorCode.UNKNOWN_TYPE),
        ({"type": ["send"]}, ErrorCode.UNKNOWN_TYPE),
        ({"type": "send"}, ErrorCode.INVALID),
        (SEND | {"extra": 1}, ErrorCode.INVALID),
        (SEND | {"conversation": "1"}, ErrorCode.INVALID),
        (SEND | {"conversation": 0}, ErrorCode.INVALID),
        (SEND | {"conversation": 2**63}, ErrorCode.INVALID),
        (SEND | {"conversation": True}, ErrorCode.INVALID),
        (SEND | {"client_id": "me"}, ErrorCode.INVALID),
        (SEND | {"text": ""}, ErrorCode.BLANK),
        (SEND | {"text": " \n\t "}, ErrorCode.BLANK),
        (SEND | {"text": "a\x00b"}, ErrorCode.CONTROL_CHARACTERS),
        (SEND | {"text": "photo_\u202egpj.exe"}, ErrorCode.TEXT_DIRECTION),
        (SEND | {"text": "e" + "\u0301" * 3_999}, ErrorCode.TOO_MANY_MARKS),
        (SEND | {"text": "\u0301" * 10_000}, ErrorCode.TOO_LONG),
        (SEND | {"text": "a" * (protocol.MAX_TEXT + 1)}, ErrorCode.TOO_LONG),
        ("x" * (protocol.MAX_FRAME + 1), ErrorCode.TOO_LONG),
        ({"type": "sync", "cursor": "1.2"}, ErrorCode.INVALID),
        ({"type": "sync", "cursor": "١.١.١"}, ErrorCode.INVALID),
        ({"type": "sync", "cursor": "0.1.1"}, ErrorCode.INVALID),
        ({"type": "sync", "cursor": "01.1.1"}, ErrorCode.INVALID),
        ({"type": "sync", "cursor": "1.0.1"}, ErrorCode.INVALID),
        ({"type": "sync", "cursor": "1.1.1\n"}, ErrorCode.INVALID),
        ({"type": "typing", "conversation": 1, "active": "yes"}, ErrorCode.INVALID),
        ({"type": "read", "conversation": 1, "upto": -1}, ErrorCode.INVALID),
    ],
)
def test_a_bad_frame_is_refused_with_a_stable_code(frame: object, code: ErrorCode) -> None:
    assert refused(frame).code is code


def test_a_lone_surrogate_is_refused_rather_than_stored() -> None:
    text = json.dumps(SEND).replace('"hi"', r'"\ud800"')
    assert refused(text).code in {ErrorCode.NOT_JSON, ErrorCode.INVALID}


def test_a_refusal_names_the_field() -> None:
    assert refused(SEND | {"conversation": "1"}).detail.startswith("conversation: ")


def test_a_refusal_names_the_message_that_it_refuses() -> None:
    refusal = refused(SEND | {"text": " "})
    assert str(refusal.frame().client_id) == SEND["client_id"]
    assert refused(SEND | {"client_id": "me"}).frame().client_id is None
    assert refused("[]").frame().client_id is None


@pytest.mark.parametrize("text", ["hi", "مرحبا", "two\nlines", "👩‍👩‍👧", "a" * protocol.MAX_TEXT])
def test_a_valid_message_is_parsed_unchanged(text: str) -> None:
    frame = protocol.parse_client_frame(json.dumps(SEND | {"text": text}))
    assert isinstance(frame, protocol.SendFrame)
    assert (frame.text, frame.client_id) == (text, UUID(SEND["client_id"]))


positions = st.dictionaries(
    st.integers(1, 10**17),
    st.builds(
        Position,
        epoch=st.integers(1, 10**8),
        seq=st.integers(0, 10**17),
        version=st.just(0) | st.integers(1, 10**8),
    ),
    max_size=20,
)


@given(positions)
def test_a_cursor_is_parsed_to_the_positions_it_was_made_of(
    given_positions: dict[int, Position],
) -> None:
    cursor = protocol.format_cursor(given_positions)
    assert protocol.parse_cursor(cursor) == given_positions
    protocol.SyncFrame(cursor=cursor)


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_input_is_either_parsed_or_refused(arrived: str | bytes) -> None:
    with suppress(Refused):
        protocol.parse_client_frame(arrived)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from(["send", "typing", "read", "sync"]),
    st.dictionaries(
        st.sampled_from(["conversation", "client_id", "text", "active", "upto", "cursor"]),
        json_values,
    ),
)
def test_a_frame_with_any_values_is_either_parsed_or_refused(
    kind: str, fields: dict[str, object]
) -> None:
    with suppress(Refused):
        protocol.parse_client_frame(json.dumps({"type": kind, **fields}))


ids = st.integers(1, 2**63 - 1)
# Which texts are allowed is tested in test_text_rules.py, so formats and marks are left out.
texts = st.text(
    st.characters(exclude_categories=["Cc", "Cf", "Cs", "Me", "Mn"]),
    min_size=1,
    max_size=protocol.MAX_TEXT,
).filter(lambda text: problem_of(text) is None)
client_frames = st.one_of(
    st.builds(
        protocol.SendFrame,
        conversation=ids,
        client_id=st.uuids(),
        text=texts,
        reply_to=st.none() | ids,
    ),
    st.builds(protocol.TypingFrame, conversation=ids, active=st.booleans()),
    st.builds(protocol.ReadFrame, conversation=ids, upto=st.integers(0, 2**63 - 1)),
    st.builds(protocol.SyncFrame, cursor=positions.map(protocol.format_cursor)),
)


@given(client_frames)
def test_a_client_frame_survives_the_wire(frame: protocol.ClientFrame) -> None:
    assert protocol.parse_client_frame(frame.model_dump_json()) == frame
    assert protocol.parse_client_frame(frame.model_dump_json().encode()) == frame


people = st.builds(protocol.Person, id=ids, username=st.text(), name=st.text())
quotes = st.builds(
    protocol.Quote, id=ids, seq=ids, person=people, text=texts, removed=st.booleans()
)
some_ids = st.lists(ids, max_size=3).map(tuple)
reactions = st.lists(
    st.builds(protocol.Reaction, emoji=st.text(), count=ids, people=some_ids), max_size=3
).map(tuple)
durable = {
    "conversation": ids,
    "epoch": ids,
    "seq": ids,
    "at": st.integers(0, 2**53),
    "actor": people,
}
change = durable | {"message": ids, "message_seq": ids}
events = st.one_of(
    st.builds(
        protocol.MessageEvent,
        **durable,
        id=ids,
        client_id=st.uuids(),
        text=texts,
        edited_at=st.none() | st.integers(0, 2**53),
        removed=st.booleans(),
        reply_to=st.none() | quotes,
        mentions=some_ids,
        reactions=reactions,
    ),
    st.builds(protocol.EditedEvent, **change, text=texts, mentions=some_ids),
    st.builds(protocol.RemovedEvent, **change),
    st.builds(protocol.ReactedEvent, **change, reactions=reactions),
    st.builds(protocol.ReadEvent, **durable, upto=st.integers(0, 2**63 - 1)),
)
about_a_group = {"conversation": ids, "epoch": ids, "seq": ids, "at": st.integers(0, 2**53)}
events |= st.builds(protocol.RenamedEvent, **about_a_group, actor=people, title=st.text())
for kind in (protocol.JoinedEvent, protocol.LeftEvent, protocol.OwnerEvent):
    events |= st.builds(kind, **about_a_group, actor=people, person=people)
server_frames = st.one_of(
    events,
    st.builds(protocol.Typing, conversation=ids, person=people, active=st.booleans()),
    st.builds(protocol.Welcome, me=people),
    st.builds(protocol.Heads, cursor=positions.map(protocol.format_cursor)),
    st.builds(
        protocol.Changes,
        cursor=positions.map(protocol.format_cursor),
        reset=st.just([]),
        events=st.lists(events, max_size=3),
        gone=st.lists(ids, max_size=3),
        typing=st.just([]),
    ),
    st.builds(
        protocol.Failure,
        code=st.sampled_from(ErrorCode),
        detail=st.text(),
        client_id=st.none() | st.uuids(),
        conversation=st.none() | ids,
    ),
)


@given(server_frames)
def test_a_server_frame_survives_the_wire(frame: protocol.ServerFrame) -> None:
    assert protocol.server_frames.validate_json(frame.model_dump_json()) == frame


def test_a_cursor_over_2000_conversations_fits_into_a_frame() -> None:
    cursor = protocol.format_cursor(
        {10**9 + number: Position(epoch=1, seq=10**6) for number in range(2_000)}
    )
    frame = protocol.SyncFrame(cursor=cursor)
    assert protocol.parse_client_frame(frame.model_dump_json()) == frame


def test_frames_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        protocol.TypingNotice(active=True).active = False  # type: ignore[misc]


def test_close_codes_are_those_that_an_application_may_send() -> None:
    codes = [value for name, value in vars(protocol).items() if name.startswith("CLOSE_")]
    assert codes
    assert all(4000 <= code <= 4999 for code in codes)
