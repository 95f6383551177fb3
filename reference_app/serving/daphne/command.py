"""`python -m reference_app.serving daphne`: Daphne's command line with added options."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from reference_app.serving.daphne.malloc import limit_arenas
from reference_app.serving.daphne.seams import missing_seams, versions

MAX_ARENAS = 1024


def run(arguments: Sequence[str]) -> int:
    """Serve with these arguments until asked to end; return the exit status."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if {"-h", "--help"} & set(rest):
        parser.print_help()
        print("\nDaphne's own:\n", flush=True)  # its parser prints them and exits
    if options.malloc_arenas:
        limit_arenas(options.malloc_arenas)
    if options.uvloop:
        _use_uvloop()
    # Imported after the event loop policy is set: importing Daphne creates its event loop.
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
            drain_delay=options.drain_notice,
            drain_window=options.drain_seconds,
            collect_every=options.collect_every,
        )
        interface.server_class = partial(TunedServer, tuning=tuning)
    interface.run(rest)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reference_app.serving daphne",
        description="Daphne, tuned. It takes these options and all of Daphne's own.",
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument(
        "--no-write-through",
        dest="write_through",
        action="store_false",
        help="queue every write as Twisted does, for comparison",
    )
    parser.add_argument("--uvloop", action="store_true", help="use uvloop's event loop")
    parser.add_argument(
        "--drain-seconds",
        type=_seconds,
        default=10.0,
        help="on SIGTERM, the time in which all sockets are closed (default 10)",
    )
    parser.add_argument(
        "--drain-notice",
        type=_seconds,
        default=0.0,
        help="time before that in which /readyz fails but new sockets are accepted (0)",
    )
    parser.add_argument(
        "--collect-every",
        type=_seconds,
        default=600.0,
        help="seconds between full garbage collections; 0 leaves them to Python (600)",
    )
    parser.add_argument(
        "--malloc-arenas",
        type=_arenas,
        default=2,
        help="the most arenas of glibc's malloc; 0 leaves their number to glibc (2)",
    )
    return parser


def _arenas(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_ARENAS:
        raise argparse.ArgumentTypeError(f"{text} is no number of arenas: 0 to {MAX_ARENAS}")
    return int(text)


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
