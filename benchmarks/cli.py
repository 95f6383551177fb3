"""The command line: what was asked for, checked, run, judged and reported."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from benchmarks.errors import BadRequest, BenchmarkError
from benchmarks.measure.claims_file import CLAIMS, load_claims
from benchmarks.recording import Manifest
from benchmarks.report.make import claims_of, make_report
from benchmarks.report.progress import RunProgress
from benchmarks.report.terminal import died, print_verdicts
from benchmarks.run import preflight, target
from benchmarks.run.environment import capture
from benchmarks.run.looks import Looks
from benchmarks.run.pinning import Pinning
from benchmarks.run.plan import SessionPlan, plan
from benchmarks.run.profiles import PROFILES, Profile, find_profile, with_repeats
from benchmarks.run.runner import Runner
from benchmarks.run.selection import choose_scenarios, choose_servers, obtain
from benchmarks.scenarios.registry import scenarios
from benchmarks.servers.registry import find_server, servers

REPORTS = Path("reports")
INTERRUPTED = 130
MOST_REPEATS = 100
MOST_DIGITS = 9
"""Most digits of any number. The limits of this machine are lower, and are checked later."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    # A shell that starts this process in the background makes it ignore SIGINT; this undoes it.
    signal.signal(signal.SIGINT, _as_interrupt)
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        options.do(options)
    except KeyboardInterrupt:
        print("fawran: stopped.", file=sys.stderr)
        return INTERRUPTED
    except BenchmarkError as error:
        print(f"fawran: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"fawran: {error.filename or ''}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


class Parser(argparse.ArgumentParser):
    """An argument parser that reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        """Print the message on one line, and exit with status 2."""
        print(f"fawran: {message} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


def _parser() -> Parser:
    parser = Parser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="measure the servers and judge the claims")
    run.add_argument("--profile", default="standard", help=", ".join(PROFILES))
    run.add_argument("--server", action="append", help="only this one; may be repeated")
    run.add_argument("--scenario", action="append", help="only this one; may be repeated")
    run.add_argument("--claims", type=Path, default=CLAIMS, metavar="FILE", help="claims to judge")
    run.add_argument("--users", type=_count, help="size of the crowd (default: the profile's)")
    run.add_argument(
        "--repeats",
        type=_count,
        help=f"starts of each server, at most {MOST_REPEATS} (default: the profile's)",
    )
    run.add_argument(
        "--sockets",
        type=_count,
        action="append",
        help="in the one room of fanout, where it may be repeated; and of scale and restart",
    )
    run.add_argument("--server-cores", type=_count, help="processors of the server (default: 1)")
    run.add_argument("--reports", type=Path, default=REPORTS)
    run.add_argument("--target", metavar="URL", help="a deployment: drive it, and start no server")
    run.add_argument("--credentials", type=Path, help="its users: lines of 'username password'")
    run.add_argument("--insecure", action="store_true", help="accept its certificate unsigned")
    run.set_defaults(do=_run)
    report = commands.add_parser("report", help="make the report of a run again from its raw data")
    report.add_argument("run", type=Path, metavar="RUN", help="its folder, or reports/latest")
    report.add_argument(
        "--claims", type=Path, metavar="FILE", help="claims to judge (default: those of the run)"
    )
    report.set_defaults(do=_report)
    listing = commands.add_parser("list", help="what can be measured")
    listing.set_defaults(do=_list)
    return parser


def _count(text: str) -> int:
    """Return the text as a whole number of at least 1, with at most MOST_DIGITS digits."""
    is_number = text.isdecimal()
    if is_number and len(text) > MOST_DIGITS:
        raise argparse.ArgumentTypeError(f"a number has at most {MOST_DIGITS} digits")
    if not is_number or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _check_together(options: argparse.Namespace) -> None:
    """Refuse options that contradict each other.

    Raises:
        BadRequest: two options contradict each other, or one has no effect without another.
    """
    _check_sizes(options)
    if options.target:
        if options.server:
            raise BadRequest("--target names what is measured: leave --server out.")
        if options.server_cores:
            raise BadRequest("--target starts no server: leave --server-cores out.")
        if options.claims != CLAIMS:
            raise BadRequest("--target compares nothing and judges no claim: leave --claims out.")
        if options.credentials is None:
            raise BadRequest("--target needs --credentials FILE: lines of 'username password'.")
        return
    for name, given in (("credentials", options.credentials), ("insecure", options.insecure)):
        if given:
            raise BadRequest(f"--{name} is of use with --target URL only.")


def _check_sizes(options: argparse.Namespace) -> None:
    """Refuse sizes that are not possible in any run, with or without --target.

    Raises:
        BadRequest: there are too many repeats, no scenario uses the number of sockets, or there
            are several numbers for a scenario that uses one.
    """
    if options.repeats and options.repeats > MOST_REPEATS:
        raise BadRequest(f"--repeats {options.repeats}: at most {MOST_REPEATS}.")
    sized = {"fanout", "scale", "restart", "flame-graph"}
    used = sized & set(options.scenario or ())
    if options.sockets and not used:
        raise BadRequest(f"--sockets is the size of {', '.join(sorted(sized))}: name one of them.")
    if options.sockets and len(options.sockets) > 1 and used != {"fanout"}:
        raise BadRequest(
            f"--sockets may be repeated for fanout only, not for {', '.join(sorted(used))}."
        )


def _run(options: argparse.Namespace) -> None:
    _check_together(options)
    claims = load_claims(options.claims)
    if options.target:
        _run_against(options)
        return
    profile = _profile(options)
    planned = choose_scenarios(options.scenario, profile)
    chosen = choose_servers(options.server, planned)
    preflight.check_platform()
    pinning = Pinning.plan(os.sched_getaffinity(0), options.server_cores or 1)
    preflight.check_users(profile.users, profile.room_size)
    for scenario in planned:
        if scenario.crowds:
            preflight.check_crowds(scenario.crowds(profile))
    preflight.check_reports(options.reports)
    preflight.check_servers()
    preflight.raise_descriptor_limit()
    profile = _within_limits(profile)
    chosen, absent = obtain(chosen)
    baselines = {claim.baseline for claim in claims.claims}
    sessions = plan(profile, chosen, planned, find_server("null"), baselines)
    manifest = _manifest(profile, pinning)
    manifest.absent = absent
    looks = Looks(claims, profile, chosen, planned)
    runner = partial(Runner, profile, pinning, looks=looks)
    _drive(runner, sessions, manifest, options)


def _run_against(options: argparse.Namespace) -> None:
    """Measure a deployment that is already running."""
    profile = _profile(options)
    planned = target.choose_scenarios(options.scenario, profile)
    preflight.check_platform()
    preflight.check_reports(options.reports)
    preflight.raise_descriptor_limit()
    deployment = target.sign_in(options.target, options.credentials, insecure=options.insecure)
    profile = target.fitted(profile, len(deployment.guests))
    pinning = Pinning([], sorted(os.sched_getaffinity(0))[:4])
    sessions = plan(profile, [deployment.server], planned, deployment.server)
    manifest = _manifest(profile, pinning)
    manifest.environment["target"] = deployment.site.url
    runner = partial(target.TargetRunner, profile, pinning, deployment=deployment)
    _drive(runner, sessions, manifest, options)


def _manifest(profile: Profile, pinning: Pinning) -> Manifest:
    run_id = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{profile.name}"
    return Manifest(run_id, profile.name, dict(profile.__dict__), capture(pinning))


def _drive(
    runner: Callable[[Path, Manifest, RunProgress], Runner],
    sessions: Sequence[SessionPlan],
    manifest: Manifest,
    options: argparse.Namespace,
) -> None:
    """Run the sessions, then make the report."""
    run = options.reports / manifest.run_id
    run.mkdir()
    shutil.copyfile(options.claims, run / CLAIMS.name)
    steps = 1 + sum(len(session.scenarios) for session in sessions)
    try:
        with RunProgress(steps, Console()) as progress:
            asyncio.run(runner(run, manifest, progress).drive(sessions))
    except BaseException as error:
        manifest.stopped_by = str(error) or "Ctrl-C"
        manifest.write(run)
        print(f"fawran: what was measured so far is in {run}, marked incomplete.", file=sys.stderr)
        raise
    _finish(run)


def _finish(run: Path) -> None:
    """Make the report of a run, and let the link reports/latest point to it."""
    found = make_report(run)
    for line in died(found):
        print(f"fawran: {line}", file=sys.stderr)
    latest = run.parent / "latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(run.name)
    print_verdicts(found, run, Console())


def _report(options: argparse.Namespace) -> None:
    run = options.run if options.run.exists() else REPORTS / options.run
    found = make_report(run, options.claims)
    if options.claims is None and claims_of(run) == CLAIMS:
        line = f"{run} has no {CLAIMS.name}; it is judged by {CLAIMS}"
        print(f"fawran: {line}", file=sys.stderr)
    print_verdicts(found, run, Console())


def _list(_options: argparse.Namespace) -> None:
    for title, things in (("servers", servers()), ("scenarios", scenarios())):
        print(f"{title}:")
        for thing in things.values():
            print(f"  {thing.name:12} {thing.summary}")


def _profile(options: argparse.Namespace) -> Profile:
    profile = find_profile(options.profile)
    if options.users is not None:
        limit = max(profile.capacity_limit, options.users)
        profile = replace(profile, users=options.users, capacity_limit=limit)
    if options.sockets is not None:
        profile = replace(
            profile,
            fanout_sockets=tuple(sorted(set(options.sockets))),
            scale_sockets=max(options.sockets),
            restart_sockets=max(options.sockets),
        )
    if options.repeats is not None:
        profile = with_repeats(profile, options.repeats)
    return profile


def _within_limits(profile: Profile) -> Profile:
    """Return the profile with a capacity search that stays within this machine's limits."""
    most = min(preflight.fitting_users().values()) // profile.room_size * profile.room_size
    return replace(profile, capacity_limit=min(profile.capacity_limit, most))


def _as_interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
