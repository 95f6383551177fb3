"""Tests of the command line `python -m benchmarks`: correct and wrong use."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import psutil
import pytest

from benchmarks.cli import main
from benchmarks.measure.claims_file import CLAIMS
from benchmarks.recording import Manifest
from benchmarks.report.results import schema
from reference_app.runtime.environment import ROOT
from tests.docs import documents
from tests.launch import PATIENCE, all_ended, user_environment

SAMPLE = ROOT / "reports" / "sample"
TARGET = ("--target=http://localhost:1", "--credentials=users.txt")
SMALL = ("--profile=smoke", "--users=20", "--repeats=1")


def bench(
    *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        env=dict(env or user_environment()),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )


def assert_one_line(done: subprocess.CompletedProcess[str], message: str) -> None:
    """Assert that a command failed with one line, which matches a regular expression."""
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("fawran: ")
    assert done.stderr.strip().count("\n") == 0, done.stderr
    assert re.search(message, done.stderr), done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--profile=tiny"], "tiny.*smoke, standard, full"),
        (["--server=apache"], "apache.*daphne, .*gunicorn"),
        (["--scenario=party"], "party.*delivery"),
        (["--users=3"], "do not fill one room"),
        (["--server-cores=4096"], "none for the load generator"),
        (["--scenario=fanout", "--server=gunicorn"], "gunicorn takes no part in fanout"),
        (["--scenario=fanout", "--sockets=1"], "at least 2"),
        (["--scenario=fanout", "--sockets=900000"], "do not fit"),
        (["--repeats=1000"], "--repeats 1000: at most 100"),
        (["--credentials=users.txt"], "--credentials is of use with --target"),
        (["--insecure"], "--insecure is of use with --target"),
        (["--target=http://localhost:1", "--server=daphne"], "leave --server out"),
        (["--target=http://localhost:1", "--server-cores=1"], "leave --server-cores out"),
        (["--scenario=http", "--sockets=20"], "--sockets is the size of fanout"),
        (["--sockets=20"], "--sockets is the size of fanout"),
        (["--scenario=scale", "--sockets=20", "--sockets=30"], "repeated for fanout only"),
        ([*TARGET, f"--claims={SAMPLE}/claims.toml"], "leave --claims out"),
        ([*TARGET, "--repeats=1000"], "--repeats 1000: at most 100"),
        ([*TARGET, "--scenario=http", "--sockets=20"], "--sockets is the size of fanout"),
        (["--claims=no-such-file.toml"], "no-such-file.toml"),
    ],
)
def test_unknown_or_unsuitable_arguments_are_refused_in_one_line(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    assert_one_line(bench("run", f"--reports={tmp_path}", *arguments), message)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "option", ["--repeats=0", "--repeats=-1", "--users=0", "--sockets=x", "--server-cores=0"]
)
def test_numbers_below_one_are_refused_in_one_line(option: str) -> None:
    done = bench("run", option)
    assert done.returncode == 2
    name, value = option.split("=")
    assert done.stderr == (
        f"fawran: argument {name}: {value!r} is not a whole number of at least 1 "
        "(see python -m benchmarks run --help)\n"
    )


@pytest.mark.parametrize("option", ["--repeats", "--users", "--sockets", "--server-cores"])
@pytest.mark.parametrize("digits", [10, 5001])
def test_numbers_of_many_digits_are_refused_in_one_line(
    option: str, digits: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["run", "--profile=none", f"{option}={'9' * digits}"])
    assert capsys.readouterr().err == (
        f"fawran: argument {option}: a number has at most 9 digits "
        "(see python -m benchmarks run --help)\n"
    )


def test_more_users_than_open_files_allow_are_refused_with_the_limit(tmp_path: Path) -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    done = bench("run", f"--users={hard + 20}", f"--reports={tmp_path}")
    assert_one_line(done, rf"{hard:,} open files suffices for {hard - 200:,}")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REDIS_URL", "redis://127.0.0.1:1/0"),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"),
    ],
)
def test_an_unreachable_service_is_reported_before_anything_is_measured(
    variable: str, value: str, tmp_path: Path
) -> None:
    env = user_environment(**{variable: value})
    done = bench("run", *SMALL, "--scenario=websocket", f"--reports={tmp_path}", env=env)
    assert_one_line(done, variable)
    assert list(tmp_path.iterdir()) == []


def test_a_reports_folder_that_cannot_be_written_is_refused() -> None:
    assert_one_line(bench("run", "--reports=/proc/reports"), "/proc/reports cannot be written")


def test_a_report_of_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    assert_one_line(bench("report", str(tmp_path)), "holds no run")
    assert_one_line(bench("report", "no-such-run"), "^fawran: reports/no-such-run holds no run")


@pytest.mark.parametrize("name", ["README.md", str(ROOT / "README.md"), "README.md/run"])
def test_a_report_of_a_file_is_refused_with_its_name(name: str) -> None:
    done = bench("report", name)
    assert_one_line(done, "README.md.* is no folder of a run.$")
    assert "Errno" not in done.stderr


@pytest.mark.long
def test_a_report_of_a_run_without_claims_names_the_file_that_is_used(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(SAMPLE, run)
    done = bench("report", str(run))
    assert (done.returncode, done.stderr) == (0, "")
    (run / "claims.toml").unlink()
    done = bench("report", str(run))
    assert done.returncode == 0
    assert done.stderr == f"fawran: {run} has no claims.toml; it is judged by {CLAIMS}\n"
    done = bench("report", str(run), f"--claims={CLAIMS}")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_list_names_servers_and_scenarios() -> None:
    listed = bench("list").stdout
    assert "gunicorn" in listed
    assert "capacity" in listed


@pytest.mark.long
@pytest.mark.alone
def test_a_small_run_measures_every_way_of_serving_and_reports(tmp_path: Path) -> None:
    scenarios = [f"--scenario={name}" for name in ("websocket", "http2", "delivery", "http")]
    done = bench("run", *SMALL, *scenarios, f"--reports={tmp_path}")
    assert done.returncode == 0, done.stderr
    run = (tmp_path / "latest").resolve()
    found = json.loads((run / "results.json").read_text())
    jsonschema.validate(found, schema())
    assert found["complete"]
    ways = {"gunicorn", "gunicorn-gthread", "daphne", "daphne-tuned", "split"}
    for claim in found["claims"]:
        answered = {answer["server"] for answer in claim["answers"]}
        assert answered == ways or claim["metric"] == "capacity"
    verdicts = {claim["id"]: claim["verdict"] for claim in found["claims"]}
    assert len(verdicts) == 10
    assert (verdicts["websocket"], verdicts["http2"]) == ("reproduced", "reproduced")
    # One repeat is too few for a verdict. If the machine is busy, it may even be invalid.
    assert verdicts["delivery-latency"] in {"inconclusive", "invalid"}
    for name in ("report.html", "report.ar.html", "report.md", "claims.csv", "windows.csv"):
        assert (run / name).stat().st_size > 0
    # Windows in which the machine was busy are not plotted, so the number of plots may differ.
    pictures = {
        ending: {one.stem for one in run.glob(f"plots/*.{ending}")} for ending in ("svg", "png")
    }
    assert pictures["svg"] == pictures["png"]
    assert "reproduced" in done.stdout
    page = (run / "report.html").read_text()
    assert not re.findall(r'src="', page), "self-contained"
    for linked in re.findall(r'href="([^"#]+)"', page):
        assert (run / linked).exists(), linked
    for path in (run / "results.json", run / "report.html", run / "report.md"):
        path.rename(path.with_suffix(".old"))
    assert bench("report", str(run)).returncode == 0
    assert json.loads((run / "results.json").read_text()) == found


def documented_fan_out() -> list[str]:
    """Return the arguments of the fan-out's command in docs/benchmark.md."""
    text = (ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8")
    (words,) = [words for words in documents.commands(text) if "fanout" in words]
    return words[words.index("benchmarks") + 1 :]


@pytest.mark.long
@pytest.mark.alone
def test_a_small_fan_out_reports_the_rate_why_it_stopped_and_absent_servers(
    tmp_path: Path,
) -> None:
    # This Node is found before any that is installed.
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "node").write_text("#!/bin/sh\nexit 1\n")
    (programs / "node").chmod(0o755)
    env = user_environment(PATH=f"{programs}:{os.environ['PATH']}")
    reports = tmp_path / "reports"
    done = bench(
        *documented_fan_out(), "--server=ws", "--sockets=20", f"--reports={reports}", env=env
    )
    assert done.returncode == 0, done.stderr
    absent = "Node 18 or newer is needed; the one here is broken"
    assert f"fawran: ws is left out: {absent}.\n" in done.stderr
    run = (reports / "latest").resolve()
    found = json.loads((run / "results.json").read_text())
    jsonschema.validate(found, schema())
    assert found["absent"] == [{"server": "ws", "why": absent}]
    fanout = found["fanout"]
    assert {(one["server"], one["sockets"]) for one in fanout["repeats"]} == {
        ("picows", 20),
        ("daphne-tuned", 20),
    }
    for one in fanout["repeats"]:
        assert one["stopped_by"]
        assert one["valid"] == (one["invalid_because"] == [])
    assert set(fanout["client_crosscheck"]["clients"]) == {"websocket", "picows"}
    tried = [one for one in found["runs"] if one["scenario"] == "fanout"]
    assert {one["room_size"] for one in tried} == {20}
    for one in tried:
        # On a machine of any speed, each expected delivery is counted exactly once.
        assert one["received"] + one["lost"] == one["expected"]
    for page in ("report.html", "report.md"):
        # Each figure within a sentence is enclosed in tags, which are removed here.
        text = re.sub("<[^>]+>", "", (run / page).read_text())
        assert "one busy room" in text
        assert absent in text
    report = json.loads((run / "results.json").read_text())
    (run / "results.json").unlink()
    assert bench("report", str(run)).returncode == 0
    assert json.loads((run / "results.json").read_text()) == report


@pytest.mark.long
@pytest.mark.alone
def test_scenarios_without_a_claim_are_measured_and_reported(tmp_path: Path) -> None:
    asked = ["--scenario=scale", "--scenario=storing", "--scenario=restart"]
    done = bench(
        *("run", *asked, "--server=daphne-tuned", "--sockets=40", "--profile=smoke"),
        f"--reports={tmp_path}",
        env=user_environment(),
    )
    assert done.returncode == 0, done.stderr
    assert "Beyond the claims" in done.stdout
    run = (tmp_path / "latest").resolve()
    found = json.loads((run / "results.json").read_text())
    seen = {(one["scenario"], one["figure"]): one for one in found["figures"]}
    for one in seen.values():
        # If other programs use the machine, the generator may have been the limit.
        assert one["value"] is not None or one["left_out"], one
    for scenario in ("scale", "restart"):
        (name,) = (name for where, name in seen if where == scenario and "lost" in name)
        lost = seen[scenario, name]
        assert lost["value"] in {0, None}
        assert lost["users"] == 40
    assert seen["restart", "duplicated"]["value"] in {0, None}
    assert seen["storing", "stored and acknowledged"]["value"] != 0
    away = seen["restart", "longest that a socket was away"]
    back = seen["restart", "all back after a process was asked to end"]
    assert 0 < away["value"] <= back["value"]
    for page in ("report.html", "report.md"):
        assert "all back after a process was asked to end" in (run / page).read_text()


@pytest.mark.long
@pytest.mark.alone
def test_a_flame_graph_shows_the_code_that_delivers(tmp_path: Path) -> None:
    done = bench(
        *("run", f"--reports={tmp_path}", "--profile=smoke", "--repeats=1", "--sockets=20"),
        *("--scenario=flame-graph", "--server=daphne-tuned"),
    )
    assert done.returncode == 0, done.stderr
    (picture,) = (tmp_path / "latest" / "flame-graphs").iterdir()
    assert picture.name == "daphne-tuned-repeat1-process1.svg"
    drawn = picture.read_text(encoding="utf-8")
    assert "_deliver (reference_app/chat/fanout/hub.py" in drawn
    assert str(tmp_path) not in drawn, "nothing of this machine is published with it"


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.parametrize(
    ("victim", "number", "status", "message"),
    [
        ("benchmarks.generator.generator", signal.SIGKILL, 1, "generator died"),
        ("", signal.SIGINT, 130, "stopped"),
        ("", signal.SIGTERM, 130, "stopped"),
    ],
)
def test_a_killed_generator_or_a_signal_ends_the_run_with_a_message_and_no_orphans(
    victim: str, number: signal.Signals, status: int, message: str, tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    returned, complaint = run_and_kill(tmp_path, victim, number)
    assert returned == status
    assert message in complaint
    (run,) = reports.iterdir()
    manifest = Manifest.read(run)
    assert not manifest.complete
    assert manifest.stopped_by


@pytest.mark.long
@pytest.mark.alone
def test_a_server_that_dies_during_a_run_is_judged_and_the_run_goes_on(tmp_path: Path) -> None:
    status, complaint = run_and_kill(tmp_path, "daphne", signal.SIGKILL)
    assert status == 0, complaint
    assert complaint == (
        "fawran: daphne, delivery, start 1: process 1 of 1 was ended by SIGKILL; "
        "the run went on, and its verdicts count what was not served.\n"
    )
    run = (tmp_path / "reports" / "latest").resolve()
    found = json.loads((run / "results.json").read_text())
    jsonschema.validate(found, schema())
    assert found["complete"]
    (died,) = found["deaths"]
    assert (died["server"], died["scenario"], died["left_out"]) == ("daphne", "delivery", [])
    (window,) = [one for one in found["runs"] if one["scenario"] == "delivery"]
    assert window["lost"] > 0
    assert window["usage_refused_because"]
    (stability,) = [one for one in found["claims"] if one["id"] == "stability"]
    assert stability["verdict"] not in {"reproduced", "exceeded"}
    for page in ("report.html", "report.md"):
        text = (run / page).read_text()
        assert str(ROOT) not in text
        words = re.sub("<[^>]+>", "", text)
        assert "daphne ended by itself; starts in which it did: " in words
        assert died["how"] in words


def run_and_kill(folder: Path, victim: str, number: signal.Signals) -> tuple[int, str]:
    """Run a small benchmark, and send a signal to one of its processes; return status and stderr.

    The signal is sent in the delivery scenario, to a process whose command line contains
    ``victim``, or to the benchmark itself if that is empty. Assert that no process and no file
    of the run is left.
    """
    scratch = folder / "scratch"
    scratch.mkdir()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "benchmarks", "run", *SMALL, f"--reports={folder}/reports"),
            *("--server=daphne", "--scenario=resources", "--scenario=delivery"),
        ],
        env=user_environment(TMPDIR=str(scratch)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        while "delivery" not in process.stdout.readline():
            assert process.poll() is None
        tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        found = next(one for one in tree if _is_victim(one, victim))
        os.kill(found.pid if victim else process.pid, number)
        _out, complaint = process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            process.kill()
    assert "Traceback" not in complaint
    assert all_ended(tree)
    assert list(scratch.iterdir()) == [], "databases and sessions are gone"
    return process.returncode, complaint


def _is_victim(process: psutil.Process, victim: str) -> bool:
    """Return whether a process has a command line with ``victim`` and is not the benchmark.

    The arguments of the benchmark name the server too.
    """
    words = process.cmdline()
    return victim in " ".join(words) and (not victim or "run" not in words)


def test_all_processes_have_the_same_monotonic_clock() -> None:
    here = time.monotonic_ns()
    there = subprocess.run(
        [sys.executable, "-c", "import time; print(time.monotonic_ns())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert here < int(there.stdout) < time.monotonic_ns()
