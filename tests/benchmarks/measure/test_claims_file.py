"""Test the published claims, and that each mistake in a claims file gives a one-line error."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.errors import BadRequest
from benchmarks.measure.claims_file import CLAIMS, MAX_BYTES, MAX_CHARACTERS, load_claims
from benchmarks.servers.registry import servers

HEAD = """
ways = ["gunicorn", "daphne"]
[design]
level = 0.05
boundary = "pocock"
looks = [3, 4]
information = [0.5, 1.0]
least_starts = 3
"""
CLAIM = """
[[claim]]
id = "mine"
statement = "It is fast"
old = ""
new = ""
change = ""
metric = "delivery"
statistic = "p99"
unit = "ms"
baseline = "gunicorn"
candidate = "daphne"
rests_on = "delivery"
note = ""
criteria = [{ of = "candidate", later_than = 100, at_most = 1, zone = [0.5, 2] }]
"""
CRITERIA = '{ of = "candidate", later_than = 100, at_most = 1, zone = [0.5, 2] }'


def test_the_file_has_all_ten_claims_of_the_migration_write_up() -> None:
    assert [claim.id for claim in load_claims().claims] == [
        "delivery-latency",
        "memory",
        "cpu",
        "concurrency",
        "websocket",
        "http2",
        "throughput",
        "stability",
        "typing",
        "resources",
    ]


def test_every_claim_that_is_measured_has_a_zone_around_each_threshold() -> None:
    criteria = [
        one for claim in load_claims().claims if not claim.is_answer for one in claim.criteria
    ]
    assert all(one.zone and one.zone_at_end for one in criteria)
    assert len(criteria) == 12


def test_claims_judged_by_the_same_windows_name_the_same_scenario() -> None:
    rests_on = {claim.id: claim.rests_on for claim in load_claims().claims}
    same = {name for name, scenario in rests_on.items() if scenario == "delivery"}
    assert same == {"delivery-latency", "memory", "cpu", "stability", "typing", "resources"}


def test_a_custom_claims_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(HEAD + CLAIM, encoding="utf-8")
    (claim,) = load_claims(path).claims
    assert claim.criteria[0].zone == (0.5, 2)


@pytest.mark.parametrize(
    ("wrong", "right", "named"),
    [
        ("ways = [", "ways", "is not TOML"),
        ("looks = []", "looks = [3, 4]", "field 'looks'"),
        ("looks = [4, 3]", "looks = [3, 4]", "field 'looks'"),
        ("looks = [0, 3]", "looks = [3, 4]", "field 'looks'"),
        ("looks = [3, 2.5e9]", "looks = [3, 4]", "field 'looks'"),
        ("information = [0.5, 0.9]", "information = [0.5, 1.0]", "field 'information'"),
        ("information = [1.0]", "information = [0.5, 1.0]", "field 'information'"),
        ("level = 0.5", "level = 0.05", "field 'level'"),
        ("level = 0", "level = 0.05", "field 'level'"),
        ("level = nan", "level = 0.05", "field 'level'"),
        ('level = "5 %"', "level = 0.05", "field 'level'"),
        ("least_starts = 1", "least_starts = 3", "field 'least_starts'"),
        ('boundary = "fence"', 'boundary = "pocock"', "'fence' is none of"),
        ('ways = ["nginx"]', 'ways = ["gunicorn", "daphne"]', "'nginx' is none of"),
        ("ways = []", 'ways = ["gunicorn", "daphne"]', "field 'ways'"),
        ("levl = 0.05", "level = 0.05", "field 'levl': there is no such field"),
        ('metric = "charm"', 'metric = "delivery"', "claim 'mine', field 'metric': 'charm'"),
        ('statistic = "p98"', 'statistic = "p99"', "claim 'mine', field 'statistic': 'p98'"),
        ('candidate = "nginx"', 'candidate = "daphne"', "claim 'mine', field 'candidate'"),
        ('candidate = "gunicorn"', 'candidate = "daphne"', "the baseline too"),
        ('rests_on = "http"', 'rests_on = "delivery"', "claim 'mine', field 'rests_on'"),
        ("", 'unit = "ms"', "claim 'mine', field 'unit': it is missing"),
        ('note = "a\\nb"', 'note = ""', "field 'note'"),
        ("criteria = []", f"criteria = [{CRITERIA}]", "field 'criteria'"),
        ("3", CRITERIA, "each has to be a table"),
        ('{ of = "cost", at_most = 1 }', CRITERIA, "field 'of': 'cost'"),
        ('{ of = "candidate" }', CRITERIA, "exactly one of"),
        ('{ of = "candidate", at_most = 1, at_least = 1 }', CRITERIA, "exactly one of"),
        ('{ of = "candidate", at_most = 1, zone = [2, 3] }', CRITERIA, "field 'zone'"),
        ('{ of = "candidate", at_most = 1, zone = [0.5] }', CRITERIA, "field 'zone'"),
        (
            '{ of = "candidate", at_most = 1, zone = [0.5, 2], zone_at_end = [0.6, 4] }',
            CRITERIA,
            "field 'zone_at_end'",
        ),
        ('{ of = "candidate", at_most = 1, beyond = 2 }', CRITERIA, "field 'beyond'"),
        ('{ of = "change", at_most = 1, later_than = 100 }', CRITERIA, "field 'later_than'"),
        ('{ of = "change", at_most = -100 }', CRITERIA, "no change is"),
        ('{ of = "offered" }', CRITERIA, "field 'of': 'offered'"),
        ('id = ""', 'id = "mine"', "claim 1, field 'id': it is empty"),
        ('id = "  "', 'id = "mine"', "claim 1, field 'id': it is empty"),
        (f'note = "{"a" * (MAX_CHARACTERS + 1)}"', 'note = ""', "more than 2,000 characters"),
        (f"at_most = {'9' * 401}", "at_most = 1", "field 'at_most': without its sign"),
        (f"at_most = -{'9' * 401}", "at_most = 1", "field 'at_most': without its sign"),
        (f"at_most = {'9' * 5001}", "at_most = 1", "an integer of too many digits"),
        (f"at_most = 0x{'f' * 5001}", "at_most = 1", "field 'at_most': without its sign"),
        (f"looks = [3, {'9' * 401}]", "looks = [3, 4]", "field 'looks': without its sign"),
        (f"least_starts = {'9' * 401}", "least_starts = 3", "field 'least_starts': without"),
        (f"later_than = {'9' * 401}", "later_than = 100", "field 'later_than': without its sign"),
        ("later_than = 1e-320", "later_than = 100", "field 'later_than': without its sign"),
        ("information = [1e-300, 1.0]", "information = [0.5, 1.0]", "'information': without"),
        ('{ of = "change", at_most = 1e308 }', CRITERIA, "from 1e-09 to 1,000,000,000"),
        ('{ of = "change", at_most = 1e9, beyond = -1e308 }', CRITERIA, "field 'beyond': without"),
        ('{ of = "change", at_most = 1, zone = [0, 1e308] }', CRITERIA, "field 'zone': without"),
        ('{ of = "change", at_most = inf }', CRITERIA, "field 'at_most': without its sign"),
        ('{ of = "change", at_least = -100 }', CRITERIA, "field 'at_least': no change is"),
        ('{ of = "change", at_most = -95, beyond = -101 }', CRITERIA, "field 'beyond': no change"),
        ('{ of = "change", at_most = -95, zone = [-110, -90] }', CRITERIA, "'zone': no change is"),
        ('{ of = "candidate", at_most = -5 }', CRITERIA, "'at_most': what is measured is more"),
    ],
)
def test_a_mistake_gives_one_line_that_names_the_file_and_the_field(
    wrong: str, right: str, named: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    text = HEAD + CLAIM
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(BadRequest) as caught:
        load_claims(path)
    message = str(caught.value)
    assert named in message
    assert str(path) in message
    assert len(message.splitlines()) == 1


SHARES = {
    "later than a time": CRITERIA,
    "errors": '{ of = "candidate", at_most = 1, zone = [0.5, 2] }',
}


@pytest.mark.parametrize("kind", SHARES)
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ("at_most = -5, zone = [-6, -4]", "at_most"),
        ("at_most = 0", "at_most"),
        ("at_most = 100", "at_most"),
        ("at_least = 200", "at_least"),
        ("at_most = 1, beyond = 0", "beyond"),
        ("at_least = 99, beyond = 101", "beyond"),
        ("at_most = 1, zone = [0, 2]", "zone"),
        ("at_most = 1, zone = [0.5, 100]", "zone"),
        ("at_most = 1, zone = [0.5, 2], zone_at_end = [-1, 4]", "zone_at_end"),
    ],
)
def test_an_impossible_share_is_refused(kind: str, wrong: str, field: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    mine = SHARES[kind].replace("at_most = 1, zone = [0.5, 2]", wrong)
    text = (HEAD + CLAIM).replace(CRITERIA, mine)
    if kind == "errors":
        text = text.replace('metric = "delivery"', 'metric = "errors"').replace("p99", "proportion")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadRequest, match=f"'mine', criteria, field '{field}': a share is in perc"):
        load_claims(path)


@pytest.mark.parametrize(
    ("field", "before", "other"),
    [("baseline", "gunicorn", "gunicorn-gthread"), ("candidate", "daphne", "split")],
)
def test_claims_about_other_servers_than_the_first_are_refused(
    field: str, before: str, other: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    second = CLAIM.replace('id = "mine"', 'id = "second"')
    path.write_text(HEAD + CLAIM + second, encoding="utf-8")
    assert len(load_claims(path).claims) == 2
    differs = second.replace(f'{field} = "{before}"', f'{field} = "{other}"')
    path.write_text(HEAD + CLAIM + differs, encoding="utf-8")
    with pytest.raises(BadRequest) as caught:
        load_claims(path)
    assert str(caught.value) == (
        f"Claims file {path}, claim 'second', field '{field}': it is '{other}', but that of "
        f"claim 'mine' is '{before}': it has to be the same in all claims."
    )


@pytest.mark.parametrize("field", ["ways", "baseline", "candidate"])
def test_a_server_that_no_claim_is_measured_on_is_refused(field: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    others = [one for one in servers().values() if one.role not in {"judged", "comparison"}]
    assert {"picows", "null", "uvicorn"} <= {one.name for one in others}
    for one in others:
        text = (HEAD + CLAIM).replace(
            {
                "ways": 'ways = ["gunicorn"',
                "baseline": 'baseline = "gunicorn"',
                "candidate": 'candidate = "daphne"',
            }[field],
            f'ways = ["{one.name}"' if field == "ways" else f'{field} = "{one.name}"',
        )
        path.write_text(text, encoding="utf-8")
        with pytest.raises(BadRequest, match=f"field '{field}': '{one.name}' is none of daphne, "):
            load_claims(path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_byte_order_mark_is_named(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    path.write_text(mark + HEAD + CLAIM, encoding=encoding)
    with pytest.raises(BadRequest, match="is not TOML: it begins with a byte order mark: save"):
        load_claims(path)


def test_an_endless_file_is_refused() -> None:
    with pytest.raises(BadRequest, match="is larger than"):
        load_claims(Path("/dev/zero"))


def test_a_time_limit_is_refused_for_a_metric_without_times(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = (HEAD + CLAIM).replace('"delivery"\nstat', '"memory"\nstat').replace("p99", "mean")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadRequest, match="'memory' has no times"):
        load_claims(path)


def test_two_claims_with_the_same_id_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + CLAIM + CLAIM, encoding="utf-8")
    with pytest.raises(BadRequest, match="'mine', field 'id': it is used twice"):
        load_claims(path)


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot be read"):
        load_claims(tmp_path / "none.toml")
    with pytest.raises(BadRequest, match="cannot be read"):
        load_claims(tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadRequest, match="is not TOML"):
        load_claims(tmp_path / "bytes.toml")
    (tmp_path / "deep.toml").write_text("a = " + "[" * 100_000, encoding="utf-8")
    with pytest.raises(BadRequest, match="is not TOML"):
        load_claims(tmp_path / "deep.toml")
    (tmp_path / "large.toml").write_text("#" * (MAX_BYTES + 1), encoding="utf-8")
    with pytest.raises(BadRequest, match="is larger than"):
        load_claims(tmp_path / "large.toml")
    assert CLAIMS.stat().st_size < MAX_BYTES
