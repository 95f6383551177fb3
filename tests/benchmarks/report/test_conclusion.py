"""Test the conclusion of a report: its sentences in each case, and that the results show them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.report.advice import advice
from benchmarks.report.answers import GAINED
from benchmarks.report.conclusion import Conclusion, conclude
from benchmarks.report.language import ENGLISH, Language, Phrase, languages
from tests.benchmarks.report.results_builder import (
    BASELINE,
    CANDIDATE,
    CLAIMS,
    VERDICTS,
    WAYS,
    build_results,
    death,
    with_answer,
)

PERFORMANCE = [name for name in CLAIMS if name != "websocket"]


def text_of(found: Conclusion, language: Language = ENGLISH) -> str:
    return "\n".join(language.render(phrase) for phrase in found.phrases)


def same_verdict(verdict: str) -> dict[str, str]:
    return dict.fromkeys(CLAIMS, verdict)


def test_gained_partly_gained_and_contradicted_claims_are_named_with_their_figures() -> None:
    text = text_of(conclude(build_results()))
    assert "memory (142 instead of 217 MiB, -34.6 %)" in text
    assert "Expect in part: concurrent users: 1,396 instead of 956 users, +46 %, claimed" in text
    assert "-28.2 %, the opposite of the claim (at least 40 % more)" in text
    assert "WebSocket (yes instead of no)" in text


def test_an_infinite_value_is_never_and_a_bound_is_at_least() -> None:
    found = with_answer(
        build_results(),
        "delivery-latency",
        BASELINE,
        value=None,
        value_unbounded=True,
    )
    found = with_answer(found, "concurrency", CANDIDATE, bound="at least")
    text = text_of(conclude(found))
    assert "message delivery (60 instead of never" in text
    assert "concurrent users: at least 1,396 instead of 956 users" in text


def test_the_old_server_is_kept_if_nothing_is_gained() -> None:
    found = conclude(build_results(same_verdict("not reproduced")))
    text = text_of(found)
    assert "Expect nothing of what is claimed for moving from gunicorn to daphne." in text
    assert "Keep gunicorn" in text
    assert not found.cost
    assert ENGLISH.render(found.sentence).endswith("; keep gunicorn.")


def test_no_server_is_advised_if_every_claim_is_inconclusive() -> None:
    found = conclude(build_results(same_verdict("inconclusive")))
    assert "This run decides no claim" in text_of(found)
    assert "supports no advice" in text_of(found)
    assert not found.expect
    assert "run " not in ENGLISH.render(found.sentence)


def test_an_invalid_run_says_so() -> None:
    found = conclude(build_results(same_verdict("invalid")))
    assert "This run is invalid" in text_of(found)
    assert "supports no advice" in text_of(found)


def test_an_incomplete_run_gives_no_advice() -> None:
    found = conclude(build_results(complete=False))
    assert "incomplete (Ctrl-C)" in ENGLISH.render(found.state[0])
    assert "supports no advice" in text_of(found)
    assert "incomplete" in ENGLISH.render(found.sentence)


def test_a_server_that_died_is_named_with_the_number_of_its_starts() -> None:
    results = build_results() | {"deaths": [death(start=1), death(start=3), death(start=3)]}
    (phrase,) = conclude(results).state
    assert ENGLISH.render(phrase).startswith("daphne ended by itself; starts in which it did: 2.")
    assert conclude(results).sentence == conclude(build_results()).sentence


def test_a_deployment_is_described_and_judged_by_no_claim() -> None:
    found = conclude(build_results(target="https://chat.example", ways=("daphne",)))
    text = text_of(found)
    assert "the deployment at https://chat.example" in text
    assert "In 5 valid windows" in text
    assert "between 60 and 61 ms" in text
    assert not found.instead


def test_a_run_of_one_server_expects_nothing_and_names_the_claims_as_not_measured() -> None:
    for way in (BASELINE, CANDIDATE):
        found = conclude(build_results(ways=(way,)))
        assert not found.expect
        assert text_of(found).startswith("Not measured for both servers: message delivery")


def test_a_run_that_no_claim_is_about_judges_nothing() -> None:
    found = conclude(build_results(ways=()))
    assert text_of(found) == "This run judges no claim: no claim is about what it measured."


def gained_by(*good: str, verdict: str = "reproduced") -> dict[str, dict[str, str]]:
    """Return verdicts in which these ways gain everything and the others nothing."""
    return {
        name: {way: verdict if way in good else "not reproduced" for way in WAYS} for name in CLAIMS
    }


def test_the_best_way_is_advised_with_its_costs() -> None:
    found = conclude(build_results(gained_by("split")))
    text = text_of(found)
    assert (
        "Run split (pages and API by Gunicorn, WebSockets by daphne-tuned): of the 5 ways" in text
    )
    assert "5 of 5 reproduced or exceeded, none contradicted or open" in text
    assert "It takes 19.8 % more memory than gunicorn: 260 instead of 217 MiB." in text
    assert "It takes 75.2 % less CPU: 0.35 instead of 1.41 s of CPU" in text
    assert "Its plain HTTP throughput does not differ measurably" in text
    assert "Redis has to run as well" in text


def test_claims_that_the_advised_way_contradicts_are_named() -> None:
    verdicts: dict[str, Any] = gained_by("daphne-tuned")
    verdicts["throughput"] = "contradicted"
    text = text_of(conclude(build_results(verdicts)))
    assert "Run daphne-tuned" in text
    assert "but it contradicts HTTP throughput." in text
    assert "It loses 17.6 % of plain HTTP throughput: 140 instead of 170 requests/s." in text


def test_claims_that_are_open_for_the_advised_way_are_named() -> None:
    verdicts: dict[str, Any] = gained_by("daphne-tuned")
    verdicts["memory"] = "inconclusive"
    text = text_of(conclude(build_results(verdicts)))
    assert "4 of 5 reproduced or exceeded, this run leaves open memory." in text


def test_a_well_tuned_old_server_that_gains_as_much_is_advised() -> None:
    found = advice(build_results(gained_by("gunicorn-gthread", "daphne", "daphne-tuned", "split")))
    assert (found.server, found.instead_of) == ("gunicorn-gthread", "daphne-tuned")
    text = text_of(conclude(build_results(gained_by("gunicorn-gthread", "daphne-tuned"))))
    assert "a well-tuned old server suffices" in text
    assert "Redis" not in text


def test_an_old_server_that_contradicts_more_does_not_suffice() -> None:
    verdicts = gained_by("gunicorn-gthread", "daphne-tuned")
    verdicts["throughput"] = {"gunicorn-gthread": "contradicted", "daphne-tuned": "partly"}
    assert advice(build_results(verdicts)).server == "daphne-tuned"


def test_a_protocol_alone_is_no_gain() -> None:
    verdicts = {**same_verdict("not reproduced"), "websocket": "reproduced"}
    assert advice(build_results(verdicts)).keep


def test_fewer_contradictions_then_fewer_misses_decide() -> None:
    verdicts: dict[str, Any] = gained_by("daphne", "daphne-tuned", "split")
    verdicts["throughput"] = {"daphne": "contradicted", "daphne-tuned": "not reproduced"}
    verdicts["throughput"] |= {"split": "partly", "gunicorn-gthread": "not reproduced"}
    assert advice(build_results(verdicts)).server == "split"


def with_criteria(results: dict[str, Any], claim: str, *criteria: dict[str, Any]) -> dict[str, Any]:
    """Return results in which the candidate's answer to a claim has these criteria."""
    blank = {"later_than": None, "at_most": None, "at_least": None, "zone": None, "value": 0.0}
    found = [blank | {"ci95": [0.0, 0.0], "value_unbounded": False} | one for one in criteria]
    return with_answer(results, claim, CANDIDATE, criteria=found)


def test_a_claim_that_is_not_gained_is_named_with_the_criterion_that_failed() -> None:
    results = build_results({"delivery-latency": "not reproduced"})
    change = {"of": "change", "at_most": -95.0, "value": -96.3, "outcome": "at the limit"}
    late = {"of": "candidate", "later_than": 100.0, "at_most": 1.0, "value": 2.498}
    results = with_criteria(results, "delivery-latency", change, late | {"outcome": "missed"})
    found = conclude(results)
    text = text_of(found)
    assert "message delivery: 2.5 % come later than 100 ms, claimed is at most 1 %." in text
    assert "95 %" not in text
    in_arabic = text_of(found, languages()[1])
    assert (
        "إيصال الرسائل: ما يتأخر عن 100 مللي ثانية 2.5\u00a0٪، والمعلن 1\u00a0٪ على الأكثر"
        in in_arabic
    )


@pytest.mark.parametrize(
    ("old", "own", "expected"),
    [
        (
            0.0,
            "met",
            "daphne has no errors, but neither has gunicorn, of whose operations at least 1 %",
        ),
        (
            0.4,
            "met",
            "daphne is as claimed, but gunicorn is not as bad: 0.4 % of operations failed ",
        ),
        (
            0.4,
            "missed",
            "claimed is at most 0.1 %, and gunicorn is not as bad as claimed: 0.4 % of",
        ),
    ],
)
def test_an_old_server_that_is_better_than_claimed_is_named(
    old: float, own: str, expected: str
) -> None:
    results = build_results({"memory": "partly"})
    claim = next(one for one in results["claims"] if one["id"] == "memory")
    claim |= {"metric": "errors", "unit": "%"}
    new = 0.0 if own == "met" else 0.5
    results = with_answer(results, "memory", BASELINE, value=old)
    results = with_answer(results, "memory", CANDIDATE, value=new)
    candidate = {"of": "candidate", "at_most": 0.1, "value": new, "outcome": own}
    baseline = {"of": "baseline", "at_least": 1.0, "value": old, "outcome": "missed"}
    assert expected in text_of(conclude(with_criteria(results, "memory", candidate, baseline)))


def test_the_headline_has_a_clause_of_its_own_for_claims_at_the_limit() -> None:
    found = conclude(build_results({"memory": "at the limit"}))
    text = ENGLISH.render(found.sentence)
    assert (
        "; brings a part of what is claimed for concurrent users; is at the limit for memory; "
        "brings the opposite of what is claimed for HTTP throughput;"
    ) in text


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ({"memory": {"split": "contradicted"}}, "claims contradicted, 0 against 1."),
        ({"memory": {"split": "not reproduced"}}, "claims not reproduced, 0 against 1."),
        ({"memory": {"split": "partly"}}, "open or not measured, 0 against 1."),
        ({}, "the latency of delivery in ms, 11 against 12.1."),
    ],
)
def test_the_advice_names_its_rule_and_the_deciding_step(
    verdicts: dict[str, Any], expected: str
) -> None:
    good = gained_by("daphne-tuned", "split")
    for name, by_way in verdicts.items():
        good[name] = good[name] | by_way
    results = with_answer(build_results(good), "delivery-latency", "split", value=12.1)
    text = text_of(conclude(results))
    assert "Run daphne-tuned (this project's own tuning of Daphne)" in text
    assert "The best has the fewest claims contradicted, then the fewest not reproduced" in text
    assert "Claims on whether a protocol is offered are not counted: WebSocket." in text
    assert "Next comes split (pages and API by Gunicorn, WebSockets by daphne-tuned)." in text
    assert expected in text


combinations = st.fixed_dictionaries(
    {
        name: st.fixed_dictionaries({way: st.sampled_from(VERDICTS) for way in WAYS})
        for name in CLAIMS
    }
)
measured = st.lists(st.sampled_from(WAYS), min_size=1, unique=True).map(
    lambda chosen: tuple(way for way in WAYS if way in chosen)
)

OPENINGS = {
    "Expect from": GAINED,
    "Expect in part": {"partly"},
    "Do not expect": {"not reproduced", "contradicted"},
    "Do not rely": {"at the limit"},
    "This run leaves open": {"inconclusive"},
    "The instrument failed": {"invalid"},
}


@given(verdicts=combinations, ways=measured, is_complete=st.booleans())
def test_no_sentence_says_what_the_results_do_not_show(
    verdicts: dict[str, dict[str, str]], ways: tuple[str, ...], is_complete: bool
) -> None:
    results = build_results(verdicts, ways=ways, complete=is_complete)
    found = conclude(results)
    worded: list[str] = []
    for phrase in found.phrases:
        text = ENGLISH.render(phrase)
        for opening, allowed in OPENINGS.items():
            if phrase.claims and text.startswith(opening):
                assert {verdicts[name][CANDIDATE] for name in phrase.claims} <= allowed, text
        worded += phrase.claims
    # Each claim is in exactly one sentence.
    assert sorted(worded) == (sorted(CLAIMS) if set(ways) else [])
    _check_advice(results, verdicts, ways, found)
    for clause in _phrases(found.sentence):
        _check_clause(clause, verdicts)


def _check_advice(
    results: dict[str, Any],
    verdicts: dict[str, dict[str, str]],
    ways: tuple[str, ...],
    found: Conclusion,
) -> None:
    advised = advice(results)
    if not advised.server or advised.keep:
        assert not found.cost
        if advised.keep:
            others = [way for way in ways if way != BASELINE]
            seen = {verdicts[name][way] for name in PERFORMANCE for way in others}
            assert not seen & {*GAINED, "inconclusive", "invalid"}
        return
    assert results["complete"]
    assert advised.server in ways
    assert advised.gained
    for name in advised.gained:
        assert verdicts[name][advised.server] in GAINED
    for name in advised.contradicted:
        assert verdicts[name][advised.server] == "contradicted"
    for name in PERFORMANCE:
        is_open = verdicts[name][advised.server] in {"inconclusive", "invalid"}
        assert (name in advised.undecided) is is_open
    if advised.instead_of:
        for name in PERFORMANCE:
            if verdicts[name][advised.instead_of] in GAINED:
                assert verdicts[name][advised.server] in GAINED


def _check_clause(clause: Phrase, verdicts: dict[str, dict[str, str]]) -> None:
    allowed_by_opening = {
        "brings what": set(GAINED),
        "brings a part": {"partly"},
        "does not bring": {"not reproduced"},
        "brings the opposite": {"contradicted"},
        "is at the limit": {"at the limit"},
        "leaves open": {"inconclusive", "invalid"},
    }
    for opening, allowed in allowed_by_opening.items():
        if clause.template.startswith(opening):
            assert {verdicts[name][CANDIDATE] for name in clause.claims} <= allowed


def _phrases(phrase: Phrase) -> list[Phrase]:
    found = [phrase]
    for value in phrase.values.values():
        parts = getattr(value, "parts", (value,))
        found += [one for part in parts if isinstance(part, Phrase) for one in _phrases(part)]
    return found


@pytest.mark.parametrize("language", languages(), ids=lambda one: one.code)
@given(verdicts=combinations, ways=measured)
def test_every_conclusion_is_translated_into_every_language(
    language: Language, verdicts: dict[str, dict[str, str]], ways: tuple[str, ...]
) -> None:
    found = conclude(build_results(verdicts, ways=ways))
    for phrase in (*found.phrases, found.sentence):
        text = language.render(phrase, wrap=lambda value: f"<{value}>")
        assert "{" not in text
        if language.code == "ar":
            # Everything except figures and names is translated.
            words = re.sub(
                r"<[^<>]*>|WebSocket|HTTP|Redis|Gunicorn|Daphne|Channels|daphne-tuned", "", text
            )
            assert not re.search(r"[A-Za-z]{2,}", words), text
