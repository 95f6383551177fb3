from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.chat import protocol
from reference_app.chat.protocol import ErrorCode, Position, Refused

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
        (SEND | {"text": ""}, ErrorCode.INVALID),
        (SEND | {"text": " \n\t "}, ErrorCode.INVALID),
        (SEND | {"text": "a\x00b"}, ErrorCode.INVALID),
        (SEND | {"text": "a" * (protocol.MAX_TEXT + 1)}, ErrorCode.TOO_LONG),
        ("x" * (protocol.MAX_FRAME + 1), ErrorCode.TOO_LONG),
        ({"type": "sync", "cursor": "1.2"}, ErrorCode.INVALID),
        ({"type": "sync", "cursor": "١.١.١"}, ErrorCode.INVALID),
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


@pytest.mark.parametrize("text", ["hi", "مرحبا", "two\nlines", "👩‍👩‍👧", "a" * protocol.MAX_TEXT])
def test_a_good_message_is_read_as_it_was_written(text: str) -> None:
    frame = protocol.parse_client_frame(json.dumps(SEND | {"text": text}))
    assert isinstance(frame, protocol.SendFrame)
    assert (frame.text, frame.client_id) == (text, UUID(SEND["client_id"]))


positions = st.dictionaries(
    st.integers(1, 10**17),
    st.builds(Position, epoch=st.integers(1, 10**8), seq=st.integers(0, 10**17)),
    max_size=20,
)


@given(positions)
def test_a_cursor_says_what_it_was_made_of(given_positions: dict[int, Position]) -> None:
    cursor = protocol.format_cursor(given_positions)
    assert protocol.parse_cursor(cursor) == given_positions
    protocol.SyncFrame(cursor=cursor)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_whatever_arrives_is_either_read_or_refused(text: str) -> None:
    try:
        protocol.parse_client_frame(text)
    except Refused as error:
        assert error.detail


def test_server_frames_survive_the_wire() -> None:
    ack = protocol.Ack(client_id=uuid4(), conversation=1, epoch=1, seq=2, id=3, at=4)
    assert protocol.server_frames.validate_json(ack.model_dump_json()) == ack
