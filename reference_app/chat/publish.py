"""Publishing to live sockets: what was committed goes to the channel layer, encoded once.

Delivery is at most once, and nobody relies on it: a client that misses a seq asks
``sync``. So a channel layer that cannot be reached, or hangs, costs speed, not messages. It
never fails the request whose data is stored already, nor delays this process's own sockets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from reference_app.chat.channel_layers import layer_for_thread
from reference_app.chat.fanout import local_hub
from reference_app.chat.groups import conversation_group, user_group
from reference_app.chat.protocol import Event, Gone, Typing
from reference_app.chat.publisher import DirectPublisher


async def publish(frame: Event | Typing | Gone, hidden_from: Collection[int] = ()) -> None:
    """Send a frame to every live socket of its conversation, but for some people's.

    Beside the frame's text goes what fan-out has to know of it without reading it: its
    type, and its place in the conversation's order or, where it has none, what a newer one
    of its kind replaces.
    """
    text = frame.model_dump_json()
    message: dict[str, object] = {"type": "chat.frame", "kind": frame.type, "text": text}
    match frame:
        case Typing():
            message |= {"epoch": 0, "seq": 0, "about": frame.person.id}
        case Gone():
            message |= {"epoch": 0, "seq": 0, "about": frame.type}
        case _:
            message |= {"epoch": frame.epoch, "seq": frame.seq}
    if hidden_from:
        message |= {"hidden_from": list(hidden_from)}
    await _send(conversation_group(frame.conversation), message)


async def publish_standing(user_ids: Iterable[int]) -> None:
    """Tell people's live sockets to look where they stand: something of it has changed.

    They are in a conversation or no longer, see another part of it, block somebody or do
    so no longer, have another name, or have ended one of their sessions.
    """
    for user_id in user_ids:
        await _send(user_group(user_id), {"type": "chat.membership"})


def publish_from_thread(frame: Event | Typing | Gone, hidden_from: Collection[int] = ()) -> None:
    """Send a frame, from code that is not asynchronous; at once where there is no layer."""
    if layer_for_thread() is not None:
        async_to_sync(publish)(frame, hidden_from)


def publish_standing_from_thread(user_ids: Iterable[int]) -> None:
    """Tell people's live sockets to look, from code that is not asynchronous."""
    if layer_for_thread() is not None:
        async_to_sync(publish_standing)(user_ids)


async def wait_for_room() -> None:
    """Wait while too much is on its way to other processes; not for a channel layer that hangs."""
    hub = local_hub()
    if hub:
        await hub.wait_for_room()


async def _send(group: str, message: dict[str, object]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    message |= {"group": group}
    hub = local_hub()
    if hub:
        hub.publish(group, message)
    else:
        await _direct.publish(layer, group, message)


_direct = DirectPublisher()
