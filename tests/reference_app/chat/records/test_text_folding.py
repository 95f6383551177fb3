"""Folding texts for search, and excerpts with the hits marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.chat.records.text_folding import excerpt, fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello", "HELLO"),
        ("Straße", "STRASSE"),
        ("café", "CAFE"),
        ("أحمد", "احمد"),
        ("إيمان", "ايمان"),
        ("آمال", "امال"),
        ("ٱلله", "الله"),
        ("مُحَمَّدٌ", "محمد"),
        ("محـــمد", "محمد"),
        ("على", "علي"),
        ("مدرسة", "مدرسه"),
        ("مسؤول", "مسوول"),
        ("رائد", "رايد"),
        ("٢٠٢٦", "2026"),
        ("۲۰۲۶", "2026"),
        ("ﻻ", "لا"),
        ("کتاب", "كتاب"),
    ],
)
def test_spellings_of_one_word_fold_to_the_same_text(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_different_words_stay_different() -> None:
    assert fold("قلب") != fold("كلب")


@given(st.text(max_size=50))
def test_folding_a_folded_text_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def marked(text: str, query: str) -> str:
    return "".join(f"[{one.text}]" if one.hit else one.text for one in excerpt(text, fold(query)))


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("The figures are in", "FIGURES", "The [figures] are in"),
        ("a b a", "a", "[a] b [a]"),
        ("قال مُحَمَّدٌ كلامًا", "محمد", "قال [مُحَمَّدٌ] كلامًا"),
        ("إلى المدرسة", "مدرسه", "إلى ال[مدرسة]"),
        ("Straße 5", "strasse", "[Straße] 5"),
        ("100% sure_thing", "0% s", "10[0% s]ure_thing"),
    ],
)
def test_a_hit_is_marked_in_the_text_as_it_was_written(text: str, query: str, shown: str) -> None:
    assert marked(text, query) == shown


def test_an_excerpt_begins_shortly_before_the_hit_and_ends() -> None:
    shown = marked("x" * 500 + " needle " + "y" * 500, "needle")
    assert shown.startswith("…xxx")
    assert shown.endswith("yyy…")
    assert "[needle]" in shown
    assert len(shown) < 200


@given(st.text(max_size=80), st.text(min_size=1, max_size=5))
def test_an_excerpt_is_a_part_of_the_text(text: str, query: str) -> None:
    whole = "".join(one.text for one in excerpt(text, fold(query)))
    assert whole.strip("…") in text or whole in text
