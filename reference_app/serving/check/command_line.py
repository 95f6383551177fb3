"""`scripts/check-chat URL`: check a running site as its users see it."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from websockets.exceptions import WebSocketException

from reference_app.accounts.demo_users import DEMO_USERS
from reference_app.serving.check.checks import CHECKS, Check, NotOffered, Visit
from reference_app.serving.check.person import CheckError, Person, Site

PASSWORDS_VARIABLE = "CHECK_CHAT_USERS"
UNREACHABLE = (httpx.HTTPError, OSError)  # they include time-outs and TLS errors


@dataclass(frozen=True)
class Result:
    """The result of one check."""

    title: str
    outcome: str
    remark: str


def run() -> int:
    """Run the command line; return 0 only if nothing failed.

    Raises:
        KeyboardInterrupt: the user or a signal ended it.
    """
    options = _parser().parse_args()
    try:
        site = Site(_address(options.url), options.insecure)
        users = _users(site, options.users)
        results = asyncio.run(_check(site, users, set(options.expect)))
    except CheckError as error:
        print(f"fawran: {error}", file=sys.stderr)
        return 1
    except UNREACHABLE as error:
        print(f"fawran: {options.url} cannot be reached: {_why(error)}", file=sys.stderr)
        return 1
    except ValidationError:
        print(f"fawran: {options.url} answers, but not as Fawran does.", file=sys.stderr)
        return 1
    _print(site, results)
    return 1 if any(result.outcome == "failed" for result in results) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/check-chat", description=__doc__)
    parser.add_argument("url", help="the site's address, for example https://chat.example")
    parser.add_argument(
        "--users",
        type=Path,
        help="a file with two lines, 'username password'; or the same in "
        f"{PASSWORDS_VARIABLE}. On this machine the demo's users are the default.",
    )
    parser.add_argument("--insecure", action="store_true", help="accept a self-signed certificate")
    parser.add_argument(
        "--expect",
        action="append",
        default=[],
        choices=["websocket", "tls", "http2"],
        help="fail if the site does not offer this; may be repeated",
    )
    return parser


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        _port = parts.port  # raises if it is invalid
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as error:
        raise CheckError(f"{url} is no address: {error}.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CheckError(f"{url} is no address: it begins with http:// or https://.")
    if parts.username is not None:
        raise CheckError("The address holds a user's name: leave it out, and see --users.")
    return f"{parts.scheme}://{parts.netloc}"


def _users(site: Site, path: Path | None) -> list[tuple[str, str]]:
    """Return two users; not from the arguments, which other processes can read."""
    text = os.environ.get(PASSWORDS_VARIABLE, "")
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise CheckError(f"{path}: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise CheckError(f"{path} is not text in UTF-8.") from None
    pairs = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    if pairs:
        if len(pairs) != 2 or any(len(pair) != 2 for pair in pairs):
            raise CheckError("Two users are needed: two lines, each 'username password'.")
        return [(name, password) for name, password in pairs]
    if not site.is_loopback:
        raise CheckError(f"Name two users of the site: --users FILE, or {PASSWORDS_VARIABLE}.")
    return [(user.username, user.password) for user in DEMO_USERS[1:3]]


async def _check(site: Site, users: list[tuple[str, str]], expected: set[str]) -> list[Result]:
    one, two = [await Person.sign_in(site, *user) for user in users]
    conversation = await one.direct_conversation(two)
    visit = Visit(site, one, two, conversation, await one.transport())
    expected |= {visit.transport}  # a page that uses what the site does not offer is broken
    results = [Result("Sign in, two people", "fine", f"{one.me.username}, {two.me.username}")]
    results += [
        await _run(check, visit, is_expected=group in expected)
        for group, checks in CHECKS.items()
        for check in checks
    ]
    await one.http.aclose()
    await two.http.aclose()
    return results


async def _run(check: Check, visit: Visit, *, is_expected: bool) -> Result:
    title = (check.__doc__ or "").splitlines()[0].rstrip(".")
    try:
        return Result(title, "fine", await check(visit))
    except NotOffered as answer:
        return Result(title, "failed" if is_expected else "not offered", str(answer))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]["msg"]
        return Result(title, "failed", f"the answer is not in the protocol: {wrong}")
    except (CheckError, WebSocketException, *UNREACHABLE) as error:
        return Result(title, "failed", _why(error))


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


def _print(site: Site, results: list[Result]) -> None:
    colours = {"fine": "green", "failed": "bold red", "not offered": "dim"}
    table = Table(title=site.url, title_justify="left")
    for heading in ("check", "result", "remark"):
        table.add_column(heading)
    for result in results:
        colour = colours[result.outcome]
        table.add_row(result.title, f"[{colour}]{result.outcome}[/]", escape(result.remark))
    Console().print(table)
    counts = Counter(result.outcome for result in results)
    print(", ".join(f"{counts[outcome]} {outcome}" for outcome in colours if counts[outcome]))
