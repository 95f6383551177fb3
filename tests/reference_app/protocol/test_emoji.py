"""Which texts are exactly one emoji."""

from __future__ import annotations

import pytest

from reference_app.protocol.emoji import is_emoji


@pytest.mark.parametrize(
    "text",
    [
        *("👍", "❤", "❤️", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇸🇦", "#️⃣", "7⃣", "🫡", "☕", "⭐", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
        "👩🏻‍❤️‍💋‍👨🏿",
    ],
)
def test_one_emoji_is_accepted(text: str) -> None:
    assert is_emoji(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "a", "7", "👍👍", "👍 ", "ok👍", "<b>", "سلام", "e\u0301", "\u200d", "\ufe0f"),
        *("👍\u200d", "🇸", "👍\u202e", "👍\u0301", "👍\n", "/", "..", "👨‍" * 30 + "👨"),
    ],
)
def test_other_texts_and_several_emoji_are_refused(text: str) -> None:
    assert not is_emoji(text)
