"""Tests of the addresses at which users reach the processes of a server."""

from __future__ import annotations

from benchmarks.generator.users import Place


def test_sockets_and_requests_use_the_processes_in_turn() -> None:
    place = Place("127.0.0.1", (8001, 8002))
    assert place.http_addresses == ["http://127.0.0.1:8001", "http://127.0.0.1:8002"]
    assert [place.http_at(turn)[-1] for turn in (1, 2, 3)] == ["2", "1", "2"]
    assert place.websocket(3) == "ws://127.0.0.1:8002/ws/chat/"
    assert place.every_port == (8001, 8002)


def test_sockets_use_the_socket_ports_if_there_are_any() -> None:
    place = Place("chat.example", (443,), "verified", socket_ports=(9001, 9002))
    assert [place.websocket(turn, "/x") for turn in (0, 1)] == [
        "wss://chat.example:9001/x",
        "wss://chat.example:9002/x",
    ]
    assert (place.http, place.every_port) == ("https://chat.example", (443, 9001, 9002))


def test_a_user_moves_to_a_random_other_process() -> None:
    place = Place("127.0.0.1", (8001,), socket_ports=(9001, 9002, 9003, 9004))
    reached = {place.websocket(place.random_other_turn(5), "") for _ in range(200)}
    assert reached == {f"ws://127.0.0.1:{port}" for port in (9001, 9003, 9004)}
    alone = Place("127.0.0.1", (8001,))
    assert alone.websocket(alone.random_other_turn(5), "") == "ws://127.0.0.1:8001"
