"""Frames of clients: how they are counted, whether or not they are refused."""

from __future__ import annotations

import json

import pytest

from reference_app.accounts.models import User
from reference_app.chat import services
from reference_app.chat.sockets import dispatch
from reference_app.chat.sockets.dispatch import handle_frame, sync_rate, typing_rate
from reference_app.protocol import Failure
from reference_app.runtime.metrics import Metrics


class Recording(Metrics):
    """Records the types under which frames are counted."""

    def __init__(self) -> None:
        self.types: list[str] = []

    def received(self, kind: str, size: int) -> None:
        assert size > 0
        self.types.append(kind)


class Outsider:
    """A socket that is subscribed to nothing."""

    blocked_either_way: frozenset[int] = frozenset()

    def __init__(self) -> None:
        self.sync_rate = sync_rate()
        self.typing_rate = typing_rate()

    def is_subscribed(self, _conversation_id: int) -> bool:
        return False


@pytest.mark.parametrize(
    ("frame", "counted"),
    [
        (json.dumps({"type": "typing", "conversation": 1, "active": True}), "typing"),
        ("{", "refused"),
        (json.dumps({"type": "typing", "conversation": 0, "active": True}), "refused"),
    ],
    ids=["of an outsider", "not JSON", "with a wrong field"],
)
async def test_a_refused_frame_is_counted_once(
    monkeypatch: pytest.MonkeyPatch, frame: str, counted: str
) -> None:
    recording = Recording()
    monkeypatch.setattr(dispatch, "metrics", lambda: recording)
    reply = await handle_frame(frame, User(pk=1), Outsider(), services.asend)
    assert isinstance(reply, Failure)
    assert recording.types == [counted]
