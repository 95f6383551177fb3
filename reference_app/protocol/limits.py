"""Limits and intervals that client and server share."""

from __future__ import annotations

MAX_TEXT = 4_000
"""Longest message, in characters."""

MAX_FRAME = 64 * 1024
"""Longest inbound frame, in characters. A cursor of 2,000 conversations fits."""

MAX_EXCERPT = 160
"""Longest quote of a message in its answer, in characters."""

MAX_MENTIONS = 50
"""Maximum number of mentions that are searched for in one message; later ones are plain text."""

MAX_EMOJI = 20
"""Maximum number of different emoji on one message; any number of people may use each."""

NAMED_REACTIONS = 20
"""Maximum number of people who are named for one emoji on a message. All are counted."""

MAX_FILES = 10
"""Maximum number of files of one message."""

MAX_HISTORY = 1_000
"""Maximum number of messages in one answer with a conversation's history."""

MAX_QUERY = 100
"""Longest search text, in characters."""

MAX_TITLE = 80
"""Longest title of a group, in characters."""

MAX_NAME = 80
"""Longest display name of a user, in characters."""

MAX_ABOUT = 280
"""Longest text that users write about themselves, in characters."""

MAX_GROUP = 1_000
"""Maximum number of members of a group, including its creator."""

REPLAY_LIMIT = 200
"""Maximum number of replayed events of one conversation; with more, the conversation is reset."""

HEADS_EVERY = 20
"""Seconds between two ``heads`` frames on an open socket."""

TYPING_LIFETIME = 6
"""Seconds after which a typing notice expires, unless another one follows."""

PRESENCE_EVERY = 20
"""Seconds between two presence requests of a visible page."""

TYPING_REPEAT = 3
"""Seconds after which a client sends another typing notice if its user still types."""

LONG_POLL_LIMIT = 25
"""Longest wait of a long poll, in seconds: below the 30 s after which proxies give up."""
