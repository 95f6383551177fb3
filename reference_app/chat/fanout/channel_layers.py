"""Builds the channel layer: a stock one, with the site's prefix on its names in Redis."""

from __future__ import annotations

from typing import Any

from channels import DEFAULT_CHANNEL_LAYER
from channels.db import database_sync_to_async
from channels.layers import channel_layers, get_channel_layer
from django.db import Error
from django.utils.module_loading import import_string

from reference_app.chat.fanout.site_prefix import site_prefix
from reference_app.runtime.outages import record_failure

# As loose as Channels is: its layers have no common base class.
Layer = Any


def build_layer(layer_class: str, **config: Any) -> Layer:
    """Return a layer of a stock class with the site's prefix (BACKEND in CHANNEL_LAYERS).

    Channels calls it at the first use of the layer, and again at the next use if it failed.

    Raises:
        Error: see site_prefix.
    """
    return import_string(layer_class)(prefix=site_prefix(), **config)


def has_layer() -> bool:
    """Return whether the site has a channel layer; nothing is built for it."""
    return DEFAULT_CHANNEL_LAYER in channel_layers


async def prepare_layer() -> None:
    """Build the channel layer in a thread, if it is not built yet.

    Building it may query the database, which an event loop's thread must not wait for.
    Sockets call this first; the code after it may call ``get_channel_layer`` on the loop.

    Raises:
        Error: the database cannot be read; the next call tries again.
    """
    if has_layer() and DEFAULT_CHANNEL_LAYER not in channel_layers.backends:
        await database_sync_to_async(get_channel_layer)()


def layer_for_thread() -> Layer | None:
    """Return the channel layer for code in a thread, or None if it cannot be used.

    What is to be published has been committed, so a database that cannot be read now must not
    fail the request: clients catch up by ``sync``.
    """
    try:
        return get_channel_layer()
    except Error as error:
        record_failure(error)
        return None
