from __future__ import annotations

import pytest

from reference_app.chat.emoji import is_emoji


@pytest.mark.parametrize(
    "text",
    [
        *("👍", "❤", "❤️", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇸🇦", "#️⃣", "7⃣", "🫡", "☕", "⭐", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
        "👩🏻‍❤️‍💋‍👨🏿",
    ],
)
def test_an_emoji_is_one(text: str) -> None:
    assert is_emoji(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "a", "7", "👍👍", "👍 ", "ok👍", "<b>", "سلام", "e\u0301", "\u200d", "\ufe0f"),
        *("👍\u200d", "🇸", "👍\u202e", "👍\u0301", "👍\n", "/", "..", "👨‍" * 30 + "👨"),
    ],
)
def test_what_is_none_or_more_than_one_is_not(text: str) -> None:
    assert not is_emoji(text)
