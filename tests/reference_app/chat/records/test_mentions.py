"""The usernames that a text mentions."""

from __future__ import annotations

import pytest

from reference_app.chat.records.mentions import names_in
from reference_app.protocol import MAX_MENTIONS


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("nobody", []),
        ("@ann", ["ann"]),
        ("شكراً @ann، و(@bob)!", ["ann", "bob"]),
        ("Ask @ann.", ["ann.", "ann"]),
        ("@ann @ann", ["ann"]),
        ("@first.last+tag-x", ["first.last+tag-x"]),
        ("@أمل", ["أمل"]),
        ("mail ann@example.org", []),
        ("@ann@example.org", ["ann@example.org"]),
        ("@@@ @ . @-", []),
    ],
)
def test_names_are_found_where_a_text_mentions_somebody(text: str, names: list[str]) -> None:
    assert names_in(text) == names


def test_the_number_of_names_is_limited() -> None:
    assert len(names_in(" ".join(f"@n{number}" for number in range(900)))) == MAX_MENTIONS
