"""`python -m reference_app.serving daphne`: Daphne's command line, and what is added to it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from reference_app.serving.daphne.seams import missing_seams, versions


def run(arguments: Sequence[str]) -> int:
    """Serve as the arguments say, until told to end; return the exit status."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if {"-h", "--help"} & set(rest):
        parser.print_help()
        print("\nDaphne's own:\n", flush=True)  # which its parser prints, and ends
    if options.uvloop:
        _use_uvloop()
    # Only now: importing Daphne makes its event loop.
    from daphne.cli import CommandLineInterface  # noqa: PLC0415

    interface: Any = CommandLineInterface()
    missing = missing_seams()
    if missing:
        print(
            f"fawran: plain Daphne serves: {versions()} do not have what the tuned one needs "
            f"({'; '.join(missing)}).",
            file=sys.stderr,
        )
    else:
        from reference_app.serving.daphne.server import TunedServer, Tuning  # noqa: PLC0415

        tuning = Tuning(
            write_through=options.write_through,
            notice=options.drain_notice,
            spread=options.drain_seconds,
            collect_every=options.collect_every,
        )
        interface.server_class = partial(TunedServer, tuning=tuning)
    interface.run(rest)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reference_app.serving daphne",
        description="Daphne, tuned. Beside these options it takes all of Daphne's own.",
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument(
        "--no-write-through",
        dest="write_through",
        action="store_false",
        help="queue every write as Twisted does, to compare",
    )
    parser.add_argument("--uvloop", action="store_true", help="on uvloop's event loop")
    parser.add_argument(
        "--drain-seconds",
        type=_seconds,
        default=10.0,
        help="on SIGTERM, how long letting all sockets go takes (default 10)",
    )
    parser.add_argument(
        "--drain-notice",
        type=_seconds,
        default=0.0,
        help="how long before that /readyz tells of it and new ones are still accepted (0)",
    )
    parser.add_argument(
        "--collect-every",
        type=_seconds,
        default=600.0,
        help="how often to look for garbage everywhere, in seconds; 0 leaves it to Python (600)",
    )
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds: 0 to 3600")
    return seconds


def _use_uvloop() -> None:
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        raise SystemExit(
            "fawran: --uvloop needs uvloop: pip install uvloop, or leave the option out."
        ) from None
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
