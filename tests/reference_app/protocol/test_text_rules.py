"""The rules for texts: which are accepted, and which are refused for their effect on readers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.protocol.text_rules import MAX_MARKS, Problem, problem_of

ACUTE = "\u0301"


@pytest.mark.parametrize(
    "text",
    [
        "hi",
        "مرحباً، كيف الحال؟",
        "بِسْمِ ٱللَّهِ ٱلرَّحْمَـٰنِ ٱلرَّحِيمِ",
        "בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים",
        "Tiếng Việt",
        "\ttabs\nand lines\n",
        "👩‍👩‍👧 1️⃣ 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "می‌خواهم",
        "<b>not bold</b>",
        "e" + ACUTE * MAX_MARKS,
    ],
)
def test_ordinary_texts_are_accepted(text: str) -> None:
    assert problem_of(text) is None


@pytest.mark.parametrize(
    "text", ["", " ", " \n\t ", "\u00a0\u3000", "\u200b", "\ufeff\u2060", "\u3164", "\u2800 \u200d"]
)
def test_a_text_that_shows_nothing_is_blank(text: str) -> None:
    assert problem_of(text) is Problem.BLANK


@pytest.mark.parametrize("text", ["a\x00b", "a\x1b[31m", "\x7fa", "a\x85b", "line\r\n"])
def test_control_characters_are_refused(text: str) -> None:
    assert problem_of(text) is Problem.CONTROL_CHARACTERS


@pytest.mark.parametrize("override", ["\u202d", "\u202e"])
def test_an_override_is_refused_even_where_it_is_closed(override: str) -> None:
    assert problem_of(f"photo_{override}gpj.exe") is Problem.TEXT_DIRECTION
    assert problem_of(f"photo_{override}gpj.exe\u202c") is Problem.TEXT_DIRECTION


@pytest.mark.parametrize(
    "text",
    [
        "never closed \u2067مرحبا",
        "never closed \u202bمرحبا",
        "closed on the next line \u2067مرحبا\n\u2069",
        "never opened \u2069",
        "never opened \u202c",
        "closed by another's end \u2068مرحبا\u202c",
        "crossed \u2068a\u202bb\u2069c\u202c",
    ],
)
def test_a_direction_that_is_not_closed_is_refused(text: str) -> None:
    assert problem_of(text) is Problem.TEXT_DIRECTION


@pytest.mark.parametrize(
    "text",
    [
        "from the page: \u2068سارة\u2069 is typing…",
        "an embedding \u202bمرحبا\u202c, closed",
        "nested \u2068a \u202bb\u202c c\u2069",
        "marks of a direction \u200e and \u200f",
    ],
)
def test_a_direction_that_is_closed_in_its_line_is_accepted(text: str) -> None:
    assert problem_of(text) is None


@pytest.mark.parametrize("count", [MAX_MARKS + 1, 3_999])
def test_too_many_marks_of_one_character_are_refused(count: int) -> None:
    assert problem_of("e" + ACUTE * count) is Problem.TOO_MANY_MARKS
    # Overlays count too, and joiners between them hide none.
    assert problem_of("e" + "\u20dd\u200d" * count) is Problem.TOO_MANY_MARKS


def test_marks_are_counted_for_each_character() -> None:
    assert problem_of(("e" + ACUTE * MAX_MARKS) * 100) is None


one_line = st.text(max_size=50).map(lambda text: text.replace("\n", " "))


@given(one_line)
def test_an_accepted_line_can_be_put_into_any_sentence(text: str) -> None:
    if problem_of(text) is None:
        assert problem_of(f"said: \u2068{text}\u2069.") is None
