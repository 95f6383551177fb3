"""`fawran-process`: operate on the Daphne processes of this host.

The role `deploy` uses it. It is installed by the role `app` as a copy of these modules and of
`probe.py`, which the host's own Python runs. So it works without a release and with any release.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from reference_app.serving.host_process import gate, processes, releases, units
from reference_app.serving.host_process.errors import HostError
from reference_app.serving.host_process.paths import HostPaths, target_of

Command = Callable[[HostPaths, argparse.Namespace], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, or 1 after one line about the failure.

    If a process does not serve, its last messages follow that line.
    """
    options = _parser().parse_args(arguments)
    try:
        options.run(HostPaths(options.root), options)
    except (HostError, OSError) as error:
        print(f"fawran: {error}", file=sys.stderr)
        if isinstance(error, gate.NotServedError):
            sys.stderr.writelines(f"{line}\n" for line in error.messages)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fawran-process", description=__doc__)
    parser.add_argument("--site", required=True, help="the site's name, for the Host header")
    parser.add_argument("--origin", default="", help="origin of the site's pages")
    parser.add_argument("--root", type=Path, default=Path("/"), help="another folder, in tests")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Command, text: str, *names: str) -> None:
        command = commands.add_parser(name, help=text, description=text)
        for argument in names:
            command.add_argument(argument, type=Path if argument == "release" else _whole_number)
        command.set_defaults(run=run)

    add("needs", _needs, "print yes if a process has to be replaced, else no", "number", "release")
    add("release", _release, "print the folder of the release that a process runs", "number")
    add("stop", _stop, "drain and stop a process", "number")
    add("start", _start, "start a process on a release", "number", "release")
    add("gate", _gate, "wait until a process is ready and accepts a WebSocket", "number")
    add("settle", _settle, "make a release the current one, remove old ones", "release", "keep")
    add("beyond", _beyond, "stop the processes with numbers above a count", "count")
    add("sockets", _sockets, "print metrics address and open sockets of each process")
    return parser


def _needs(paths: HostPaths, options: argparse.Namespace) -> None:
    print("yes" if processes.is_outdated(paths, options.number, options.release) else "no")


def _release(paths: HostPaths, options: argparse.Namespace) -> None:
    if release := target_of(paths.process(options.number)):
        print(release)


def _stop(_paths: HostPaths, options: argparse.Namespace) -> None:
    units.stop(options.number)


def _start(paths: HostPaths, options: argparse.Namespace) -> None:
    processes.start(paths, options.number, options.release)


def _gate(paths: HostPaths, options: argparse.Namespace) -> None:
    gate.wait_until_served(paths, options.number, options.site, options.origin)


def _settle(paths: HostPaths, options: argparse.Namespace) -> None:
    if releases.make_current(paths, options.release):
        print(f"serves {options.release}")
    for folder in releases.remove_old(paths, options.keep):
        print(f"removed {folder}")


def _beyond(paths: HostPaths, options: argparse.Namespace) -> None:
    for number in processes.remove_above(paths, options.count):
        print(f"ended {number}")


def _sockets(paths: HostPaths, _options: argparse.Namespace) -> None:
    for address, count in processes.count_sockets(paths):
        print(address, count)


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
