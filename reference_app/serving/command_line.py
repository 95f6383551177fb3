"""Run the local demo, production on one host, or a command of a container."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from reference_app.serving import demo, prepare, production, proxy_certificate
from reference_app.serving.processes import ServingError

LAST_PORT = 65535


def run() -> int:
    """Run the command that the arguments name; return the exit status.

    If the command fails, it prints one line and the status is 1.

    Raises:
        KeyboardInterrupt: the user or a signal ended the command.
    """
    options = _parser().parse_args()
    try:
        options.do(options)
    except (ServingError, OSError) as error:  # OSError: a full disk, no more processes
        print(f"fawran: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reference_app.serving", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    local = commands.add_parser("demo", help="run the chat on this machine, with demo users")
    local.add_argument("--server", choices=["daphne", "gunicorn"], default="daphne")
    local.add_argument("--host", default="127.0.0.1")
    local.add_argument("--port", type=_port, default=8000, help="0 picks a free port")
    local.add_argument("--tls", action="store_true", help="use a self-signed certificate")
    local.set_defaults(do=_demo)
    real = commands.add_parser("production", help="check the settings, run Daphne processes")
    real.add_argument("--host", default="127.0.0.1", help="the address that the proxy connects to")
    real.add_argument("--port", type=_port, default=8000, help="the port of the first process")
    real.add_argument("--processes", type=_count, default=os.cpu_count() or 1)
    real.set_defaults(do=_production)
    ready = commands.add_parser("prepare", help="check the settings and migrate the database")
    ready.set_defaults(do=lambda _options: prepare.prepare())
    certificate = commands.add_parser("certificate", help="create the proxy's if there is none")
    certificate.add_argument("folder", type=Path)
    certificate.add_argument("--renew", action="store_true", help="create a new one")
    certificate.add_argument(
        "--install", action="store_true", help="install yours and its key (PEM) from standard input"
    )
    certificate.set_defaults(do=_certificate)
    # __main__.py runs this command before the parser is used: its options are Daphne's.
    commands.add_parser("daphne", help="one tuned Daphne process; see its --help")
    return parser


def _demo(options: argparse.Namespace) -> None:
    demo.run(demo.Demo(options.server, options.host, options.port, options.tls))


def _production(options: argparse.Namespace) -> None:
    production.run(production.Production(options.host, options.port, options.processes))


def _certificate(options: argparse.Namespace) -> None:
    if options.install:
        proxy_certificate.install(options.folder, sys.stdin.buffer.read())
    else:
        proxy_certificate.ensure(options.folder, renew=options.renew)


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
