from __future__ import annotations

from benchmarks.generator.wires import ChatWire, SocketIoWire

FRAME = b'{"type":"typing"}'


def test_the_chats_own_protocol_does_not_change_frames() -> None:
    wire = ChatWire()
    assert wire.unwrap(wire.wrap(FRAME)) == FRAME
    assert wire.answer(FRAME) is None


def test_socket_io_sends_frames_as_events() -> None:
    wire = SocketIoWire()
    assert wire.wrap(FRAME) == b'42["frame",{"type":"typing"}]'
    assert wire.unwrap(wire.wrap(FRAME)) == FRAME


def test_a_socket_io_client_connects_to_a_namespace_and_answers_pings() -> None:
    wire = SocketIoWire()
    opened = b'0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'
    assert (wire.answer(opened), wire.unwrap(opened)) == (b"40", None)
    assert (wire.answer(b"2"), wire.unwrap(b"2")) == (b"3", None)
    assert (wire.answer(b'40{"sid":"y"}'), wire.unwrap(b'40{"sid":"y"}')) == (None, None)
