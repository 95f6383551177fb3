"""Filters that parse the output of `nginx -T`, so that the role can share nginx with others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from typing import Any, NamedTuple

FOLDER = "/etc/nginx"
WILDCARDS = {"*", "0.0.0.0", "[::]"}  # noqa: S104 - only compared, never listened at
MAX_DEPTH = 20
"""How deep files may include each other; nginx refuses a file that includes itself."""

_FILE = re.compile(r"^# configuration file (\S+):$", re.MULTILINE)
_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|([{};])|((?:\$\{\w+\}|[^\s{};])+)"""
)


class Directive(NamedTuple):
    """One directive of the configuration, with the directives in its braces."""

    name: str
    values: list[str]
    file: str
    body: list[Any]
    """Directives; a named tuple cannot use itself as a type."""


class Listen(NamedTuple):
    """The address and the range of ports at which a server accepts connections."""

    address: str
    first: int
    last: int
    options: list[str]


class Server(NamedTuple):
    """One `server` block."""

    file: str
    listens: list[Listen]
    names: list[str]


def read_configuration(dump: str) -> dict[str, Any]:
    """Return the parts of a configuration that the role needs.

    Args:
        dump: the output of `nginx -T`; empty if nginx is not installed.

    Returns:
        `servers`, each with `file`, `listens` and `names`; `includes`, the patterns that `http`
        includes; `settings`, the directives outside of `http` by name, each with `value` and
        `file`.
    """
    files = _split_files(dump)
    main = next(iter(files), "")
    tree = list(_expand(_parse(files.get(main, ""), main), files, 0))
    http = [one for block in tree if block.name == "http" for one in block.body]
    outside = [one for one in tree if one.name != "http"]
    outside += [one for block in outside if block.name == "events" for one in block.body]
    return {
        "servers": [
            {
                "file": one.file,
                "listens": [listen._asdict() for listen in one.listens],
                "names": one.names,
            }
            for one in (_server(block) for block in http if block.name == "server")
        ],
        "includes": [one.values[0] for one in http if one.name == "include"],
        "settings": {
            one.name: {"value": one.values[0], "file": one.file} for one in outside if one.values
        },
    }


def find_conflicts(
    servers: list[dict[str, Any]], names: list[str], https_port: int, http_port: int
) -> list[str]:
    """Return the reasons why a site cannot be served next to other servers, one sentence each.

    Args:
        servers: the other servers, as `read_configuration` returns them.
        names: the site's names, in the format of Django's ALLOWED_HOSTS.
        https_port: the site's port for HTTPS.
        http_port: the site's port for HTTP, which redirects to HTTPS.
    """
    found: list[str] = []
    for each in servers:
        listens = [Listen(**one) for one in each["listens"]]
        server = Server(each["file"], listens, each["names"])
        for port, encrypted in ((int(https_port), True), (int(http_port), False)):
            found += _conflicts_at(server, names, port, encrypted=encrypted)
    return list(dict.fromkeys(found))


def is_included(includes: list[str], path: str) -> bool:
    """Return whether one of these patterns of `http` includes a file."""
    return any(fnmatch(path, _absolute(pattern)) for pattern in includes)


def _conflicts_at(server: Server, names: list[str], port: int, *, encrypted: bool) -> Iterator[str]:
    for one in server.listens:
        if not one.first <= port <= one.last or "quic" in one.options:
            continue
        if one.address not in WILDCARDS:
            yield f"{server.file} has port {port} of {one.address} to itself"
        elif ("ssl" in one.options) != encrypted:
            yield f"{server.file} serves {'plain HTTP' if encrypted else 'TLS'} at port {port}"
        elif "ipv6only=off" in one.options:
            yield f"{server.file} has port {port} of IPv4 and IPv6 in one socket (ipv6only=off)"
        for name in sorted(_expanded(names) & _expanded(server.names)):
            yield f"{server.file} serves {name} at port {port}"


def _expanded(names: list[str]) -> set[str]:
    """Return names as nginx compares them: `.a.example` means that name and all its subdomains."""
    found: set[str] = set()
    for name in map(str.lower, names):
        found |= {name[1:], f"*{name}"} if name.startswith(".") else {name}
    return found - {"", "_"}


def _server(block: Directive) -> Server:
    listens = [_listen(one.values) for one in block.body if one.name == "listen" and one.values]
    names = [name for one in block.body if one.name == "server_name" for name in one.values]
    usual = [] if listens else [Listen("*", 80, 80, [])]
    return Server(block.file, [one for one in listens if one] + usual, names)


def _listen(values: list[str]) -> Listen | None:
    """Return the address and ports of a `listen` directive; None for a Unix socket."""
    where, *options = values
    if where.startswith("unix:"):
        return None
    address, colon, ports = where.rpartition(":")
    if not colon:
        address, ports = ("*", where) if re.fullmatch(r"[\d-]+", where) else (where, "80")
    elif "]" in ports:  # an IPv6 address without a port
        address, ports = where, "80"
    first, _, last = ports.partition("-")
    return Listen(address, int(first), int(last or first), options)


def _split_files(dump: str) -> dict[str, str]:
    """Return the text of each file by its path, the main file first."""
    parts = _FILE.split(dump)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _expand(directives: list[Directive], files: dict[str, str], depth: int) -> Iterator[Directive]:
    """Yield directives, and after each `include` the directives of the included files."""
    for one in directives:
        yield one._replace(body=list(_expand(one.body, files, depth)))
        if one.name == "include" and one.values and depth < MAX_DEPTH:
            pattern = _absolute(one.values[0])
            for path in sorted(path for path in files if fnmatch(path, pattern)):
                yield from _expand(_parse(files[path], path), files, depth + 1)


def _absolute(path: str) -> str:
    return path if path.startswith("/") else f"{FOLDER}/{path}"


def _parse(text: str, file: str) -> list[Directive]:
    """Return the directives of one file, whose syntax nginx has already checked."""
    top: list[Directive] = []
    blocks, words = [top], list[str]()
    for match in _TOKEN.finditer(text):
        double, single, mark, word = match.groups()
        if mark in {";", "{"}:
            if words:
                body: list[Directive] = []
                blocks[-1].append(Directive(words[0], words[1:], file, body))
                if mark == "{":
                    blocks.append(body)
            words = []
        elif mark == "}":
            if len(blocks) > 1:
                blocks.pop()
        elif (
            given := next((one for one in (double, single, word) if one is not None), None)
        ) is not None:
            words.append(given)
    return top


class FilterModule:
    """The filters that this plug-in gives to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by their names in templates."""
        return {
            "proxy_configuration": read_configuration,
            "proxy_conflicts": find_conflicts,
            "proxy_included": is_included,
        }
