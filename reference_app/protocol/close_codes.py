"""Close codes of the WebSocket, and the time after which a client reconnects."""

from __future__ import annotations

CLOSE_UNAUTHENTICATED = 4401
"""WebSocket close code: there is no session, or it has ended. The client shows the login page."""

CLOSE_TRY_LATER = 4013
"""WebSocket close code: reconnect after a back-off, then ``sync``.

It is not the registered 1013, "try again later": Autobahn, and so Daphne, allows an application
only the codes 1000 and 3000 to 4999, and raises for others (docs/decisions/0004-close-codes.md).
"""

CLOSE_RESTART = 4012
"""WebSocket close code: the server restarts. Reconnect after the time in the reason
(``retry_reason``), then ``sync``."""

REGISTERED_CLOSE = {CLOSE_TRY_LATER: 1013, CLOSE_RESTART: 1012}
"""The codes of IANA's registry with the same meaning, for servers that can send them. Clients
accept both."""


def retry_reason(milliseconds: int) -> str:
    """Return the close reason that asks the client to reconnect after this time."""
    return f"retry:{milliseconds}"


def retry_after(reason: str) -> int | None:
    """Return the milliseconds after which a close reason asks the client to reconnect, if any."""
    name, _, milliseconds = reason.partition(":")
    return int(milliseconds) if name == "retry" and milliseconds.isdecimal() else None
