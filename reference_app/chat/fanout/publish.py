"""Publish committed events to the sockets of all processes, encoded once.

Delivery is at most once, and clients do not rely on it: one that misses a seq asks ``sync``. A
channel layer that cannot be reached, or hangs, delays messages but loses none. It never fails
the request whose data is stored, and never delays this process's own sockets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from reference_app.chat.fanout.channel_groups import conversation_group, user_group
from reference_app.chat.fanout.channel_layers import layer_for_thread
from reference_app.chat.fanout.hub import local_hub
from reference_app.chat.fanout.publish_queue import DirectPublisher
from reference_app.protocol import Event, Gone, Typing


async def publish(
    frame: Event | Typing | Gone, hidden_from: Collection[int] = (), *, is_repeat: bool = False
) -> None:
    """Send a frame to every socket of its conversation, except those of some users.

    The message has the frame's text and what fan-out needs without parsing it: the frame's type,
    and its position in the conversation's order. A frame without a position has instead the key
    under which a newer one replaces it. A repeat may have been published before; it is not sent
    to sockets that have reached its position.
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
    if is_repeat:
        message |= {"is_repeat": True}
    await _send(conversation_group(frame.conversation), message)


async def publish_refresh(user_ids: Iterable[int]) -> None:
    """Have users' sockets refreshed, because their subscriptions, name or sessions have changed."""
    for user_id in user_ids:
        await _send(user_group(user_id), {"type": "chat.membership"})


def publish_from_thread(
    frame: Event | Typing | Gone, hidden_from: Collection[int] = (), *, is_repeat: bool = False
) -> None:
    """Do as ``publish``, from code that is not asynchronous."""
    if layer_for_thread() is not None:
        async_to_sync(publish)(frame, hidden_from, is_repeat=is_repeat)


def publish_refresh_from_thread(user_ids: Iterable[int]) -> None:
    """Do as ``publish_refresh``, from code that is not asynchronous."""
    if layer_for_thread() is not None:
        async_to_sync(publish_refresh)(user_ids)


async def wait_for_room() -> None:
    """Wait while more than a batch is queued for other processes; not for a layer that hangs."""
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
