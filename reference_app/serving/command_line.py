"""The command line: the local demo, production on one host, or one server process."""

from __future__ import annotations

import argparse
import os
import sys

from reference_app.serving import demo, production
from reference_app.serving.processes import ServingError

LAST_PORT = 65535


def run() -> int:
    """Serve as the arguments say; return the exit status, 1 with a line if that cannot be.

    Raises:
        KeyboardInterrupt: it was asked to end.
    """
    options = _parser().parse_args()
    try:
        if options.command == "demo":
            demo.run(demo.Demo(options.server, options.host, options.port, options.tls))
        else:
            production.run(production.Production(options.host, options.port, options.processes))
    except (ServingError, OSError) as error:  # OSError: a full disk, no more processes
        print(f"fawran: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reference_app.serving", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    local = commands.add_parser("demo", help="the chat on this machine, with demo users")
    local.add_argument("--server", choices=["daphne", "gunicorn"], default="daphne")
    local.add_argument("--host", default="127.0.0.1")
    local.add_argument("--port", type=_port, default=8000, help="0 picks a free one")
    local.add_argument("--tls", action="store_true", help="with a self-signed certificate")
    real = commands.add_parser("production", help="Daphne processes, settings checked")
    real.add_argument("--host", default="127.0.0.1", help="where the proxy reaches them")
    real.add_argument("--port", type=_port, default=8000, help="of the first process")
    real.add_argument("--processes", type=_count, default=os.cpu_count() or 1)
    # Taken care of before this parser is asked (__main__.py): its options are Daphne's.
    commands.add_parser("daphne", help="one Daphne process, tuned: --help tells more")
    return parser


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= port <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is no port: 0 to {LAST_PORT}")
    return port


def _count(text: str) -> int:
    count = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= count <= 64:
        raise argparse.ArgumentTypeError(f"{text} is no number of processes: 1 to 64")
    return count
