"""How much, how long and how often: what client and server both keep to."""

from __future__ import annotations

MAX_TEXT = 4_000
"""Longest message, in characters."""

MAX_FRAME = 64 * 1024
"""Longest inbound frame, in characters. A cursor over 2,000 conversations still fits."""

MAX_EXCERPT = 160
"""How much of a message, in characters, is quoted where it is answered."""

MAX_MENTIONS = 50
"""Most names in one message that are looked for: what follows is text like any other."""

MAX_EMOJI = 20
"""Most different emoji on one message; of each there may be any number."""

NAMED_REACTIONS = 20
"""Most people who are named for one emoji on a message. All are counted."""

MAX_FILES = 10
"""Most files of one message."""

MAX_HISTORY = 1_000
"""Most messages of a conversation at once."""

MAX_QUERY = 100
"""Longest text that is searched for, in characters."""

MAX_TITLE = 80
"""Longest title of a group, in characters."""

MAX_NAME = 80
"""Longest name that somebody is shown by, in characters."""

MAX_ABOUT = 280
"""Longest text that somebody tells about themselves, in characters."""

MAX_GROUP = 1_000
"""Most members of a group, its maker included."""

REPLAY_LIMIT = 200
"""Most events of one conversation that are replayed; beyond it the answer is a reset."""

HEADS_EVERY = 20
"""Seconds between two ``heads`` frames on a live socket."""

TYPING_LIFETIME = 6
"""Seconds after which a typing notice without news is void."""

PRESENCE_EVERY = 20
"""Seconds between two times that a page which is looked at says so."""

TYPING_REPEAT = 3
"""Seconds after which a client that still types says so again."""

LONG_POLL_LIMIT = 25
"""Longest wait of a long poll, in seconds: below the 30 s at which proxies give up."""
