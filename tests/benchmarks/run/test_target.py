"""Tests of benchmarking a running deployment, here the demo, whose users have passwords."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import jsonschema
import pandas as pd
import pytest

from benchmarks.probe.page import unverified
from benchmarks.recording import NEVER, Recording
from benchmarks.report.results import schema
from benchmarks.run.profiles import SMOKE
from benchmarks.run.target import fitted
from reference_app.accounts.demo_users import DEMO_USERS
from reference_app.runtime.environment import ROOT
from tests.launch import Launched, demo, user_environment


@pytest.fixture(scope="module", params=["daphne", "gunicorn"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Launched]]:
    with demo(request.param, tmp_path_factory.mktemp(request.param), "--tls") as launched:
        yield request.param, launched


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    path = tmp_path / "users.txt"
    path.write_text("".join(f"{one.username} {one.password}\n" for one in DEMO_USERS[1:]))
    return path


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", "run", "--profile=smoke", *arguments],
        env=user_environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )


@pytest.mark.long
@pytest.mark.alone
def test_a_deployment_is_measured_with_its_users_and_the_new_groups_are_deleted(
    site: tuple[str, Launched], credentials: Path, tmp_path: Path
) -> None:
    server, launched = site
    done = bench(
        *(f"--target={launched.url}", "--insecure", f"--credentials={credentials}"),
        *(f"--scenario={name}" for name in ("delivery", "http", "http2", "websocket")),
        f"--reports={tmp_path}",
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "latest/results.json").read_text())
    jsonschema.validate(found, schema())
    assert found["complete"]
    assert found["environment"]["target"] == launched.url
    (run,) = [one for one in found["runs"] if one["scenario"] == "delivery"]
    assert run["transport"] == ("websocket" if server == "daphne" else "polling")
    assert (run["users"], run["room_size"]) == (4, 4)
    assert run["errors"] == {}
    # "lost" is not checked: on a machine that runs other tests, a delivery may come too late.
    assert (run["duplicated"], run["reordered"]) == (0, 0)
    assert wrong_answers(Recording.read(tmp_path / "latest")).empty
    assert rooms_of(launched.url) == []


def wrong_answers(recording: Recording) -> pd.DataFrame:
    """Return the requests with a wrong answer.

    Requests without an answer are not included, because a busy machine may cause them.
    """
    http, windows = recording.frame("http"), recording.frame("windows")
    assert set(http[http["ok"]]["name"]) == {"page", "api"}
    load_ended_ns = windows[windows["scenario"] == "http"]["end_ns"].max()
    answered_ns = http["start_ns"] + http["duration_ns"]
    was_answered = (http["duration_ns"] != NEVER) & (answered_ns < load_ended_ns)
    return http[was_answered & ~http["ok"]]


def rooms_of(url: str) -> list[str]:
    """Return the titles of the conversations of one user."""
    amal = DEMO_USERS[1]
    with httpx.Client(base_url=url, verify=unverified(), trust_env=False) as http:
        page = http.get("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token
        http.post(
            "/accounts/login/",
            data={
                "csrfmiddlewaretoken": token[1],
                "username": amal.username,
                "password": amal.password,
            },
            headers={"Referer": url},
        )
        return [one["title"] for one in http.get("/api/conversations").json()]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target=https://127.0.0.1:1"], "--credentials"),
        (["--target=chat.example", "--credentials=USERS"], "no address"),
        (["--target=https://amal@127.0.0.1", "--credentials=USERS"], "no address"),
        (["--target=https://127.0.0.1:1", "--credentials=USERS"], "cannot be reached"),
        (["--target=https://127.0.0.1:1", "--credentials=/none"], "/none: No such file"),
        (["--target=https://127.0.0.1:1", "--credentials=/dev/null"], "two lines"),
        (["--target=https://127.0.0.1:1", "--credentials=USERS", "--server=daphne"], "--server"),
        (
            ["--target=https://127.0.0.1:1", "--credentials=USERS", "--scenario=restart"],
            "restart cannot be done to a deployment",
        ),
    ],
)
def test_unsuitable_arguments_are_refused_in_one_line(
    arguments: list[str], message: str, credentials: Path, tmp_path: Path
) -> None:
    completed = [one.replace("USERS", str(credentials)) for one in arguments]
    done = bench(*completed, f"--reports={tmp_path / 'reports'}")
    assert done.returncode == 1
    assert done.stderr.startswith("fawran: ")
    assert done.stderr.strip().count("\n") == 0, done.stderr
    assert message in done.stderr


def test_a_profile_is_adapted_to_the_number_of_users() -> None:
    small = fitted(SMOKE, 5)
    assert (small.room_size, small.users, small.capacity_limit) == (5, 5, 5)
    odd = fitted(SMOKE, 47)
    assert (odd.room_size, odd.users, odd.capacity_limit) == (20, 40, 40)
    many = fitted(SMOKE, 3000)
    assert (many.users, many.capacity_limit) == (SMOKE.users, 3000)
    assert many.fanout_sockets == (1000,), "no group is larger"
