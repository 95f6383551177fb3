"""Why a socket was closed, and when to come back."""

from __future__ import annotations

CLOSE_UNAUTHENTICATED = 4401
"""WebSocket close code: no session, or it ended. The client shows the login page."""

CLOSE_TRY_LATER = 4013
"""WebSocket close code: reconnect after a back-off, then ``sync``.

Not the registered 1013, "try again later": Autobahn, and so Daphne, raises when it is
asked to send any code but 1000 and 3000 to 4999 (docs/decisions/0004-close-codes.md).
"""

CLOSE_RESTART = 4012
"""WebSocket close code: the server restarts. Reconnect after the time that the reason
names (``retry_reason``), then ``sync``."""

REGISTERED_CLOSE = {CLOSE_TRY_LATER: 1013, CLOSE_RESTART: 1012}
"""The codes of IANA's registry with the same meaning, for who can send them; clients take
either."""


def retry_reason(milliseconds: int) -> str:
    """Return the reason of a close that asks the client to come back after a while."""
    return f"retry:{milliseconds}"


def retry_after(reason: str) -> int | None:
    """Return after how many milliseconds the reason of a close asks one to come back."""
    name, _, milliseconds = reason.partition(":")
    return int(milliseconds) if name == "retry" and milliseconds.isdecimal() else None
