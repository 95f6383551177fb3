"""`python -m reference_app.serving.probe`: check that a process serves. For health checks.

It opens a WebSocket without a session, and expects the answer that only the chat gives: the
socket is accepted, then closed with 4401. It runs every few seconds in each container, and hosts
have a copy of this file that no release can change. So it needs only Python, and loads nothing of
the application.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import http.client
import os
import socket
import ssl
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO

NOT_SIGNED_IN = 4401
"""A copy of protocol/close_codes.py, whose import would load the application's libraries."""

TIMEOUT = 4.0
READY = "/readyz"
_RETRY_SECONDS = 0.3
_UNIX = "unix:"
_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_CLOSE = 0x88


class ProbeError(Exception):
    """The process does not serve; the message says what it answers instead."""


class NotReadyError(ProbeError):
    """The process answers 503: it waits for its database or Redis, or it drains."""


@dataclass(frozen=True)
class Place:
    """A server's address, ``HOST:PORT`` or ``unix:PATH``, and the host name of the requests.

    ``origin`` is that of the site's pages, by default https and the host name. With ``tls`` any
    certificate is accepted: the probe does not check the server's identity.
    """

    address: str
    site: str
    tls: bool = False
    origin: str = ""

    def connect(self) -> socket.socket:
        """Open a connection.

        Raises:
            OSError: nothing accepts the connection.
        """
        if self.address.startswith(_UNIX):
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(TIMEOUT)
            connection.connect(self.address.removeprefix(_UNIX))
        else:
            host, _, port = self.address.rpartition(":")
            connection = socket.create_connection((host.strip("[]"), int(port)), TIMEOUT)
        if not self.tls:
            return connection
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context.wrap_socket(connection, server_hostname=self.site)


def main() -> int:
    """Run the command line; return 0 if the process serves, else print a line and return 1."""
    options = _parser().parse_args()
    address = options.address or f"127.0.0.1:{options.port}"
    place = Place(address, options.site or known_as(), options.tls, options.origin)
    deadline = time.monotonic() + options.wait
    while True:
        try:
            for _ in range(options.times):
                probe(place, ready=options.ready, plain=options.http)
        except (ProbeError, OSError, http.client.HTTPException) as error:
            if time.monotonic() >= deadline:
                print(f"fawran: not served: {error}", file=sys.stderr)
                return 1
            time.sleep(_RETRY_SECONDS)
        else:
            return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reference_app.serving.probe")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--address", help="HOST:PORT or unix:PATH, instead of a port of this host")
    parser.add_argument("--site", help="host name, by default the first of ALLOWED_HOSTS")
    first, _, _ = os.environ.get("FAWRAN_ORIGINS", "").partition(",")
    parser.add_argument("--origin", default=first.strip(), help="origin of the site's pages")
    parser.add_argument("--tls", action="store_true", help="use TLS and accept any certificate")
    parser.add_argument("--http", action="store_true", help="no WebSocket, for Gunicorn")
    parser.add_argument("--ready", action="store_true", help="check /readyz as well")
    parser.add_argument("--times", type=int, default=1, help="number of probes, one by one")
    parser.add_argument("--wait", type=float, default=0, help="seconds to retry until it serves")
    return parser


def probe(place: Place, *, ready: bool = False, plain: bool = False) -> None:
    """Check that a process serves: its readiness if asked, and a WebSocket unless ``plain``.

    Raises:
        ProbeError: there is another answer.
        OSError: there is no answer.
        http.client.HTTPException: the answer is not HTTP.
    """
    if ready:
        probe_http(place, READY)
    if plain:
        probe_http(place)
    else:
        probe_socket(place)


def known_as() -> str:
    """Return a host name of the site: the first of ALLOWED_HOSTS."""
    first = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    return f"www{first}" if first.startswith(".") else first  # .example allows its subdomains


def probe_http(place: Place, path: str = "/healthz") -> None:
    """Check that a process answers a health check with 200.

    Raises:
        ProbeError: the status is another one.
        OSError: there is no answer.
    """
    status, text = get(place, path, limit=200)
    if status == http.HTTPStatus.OK:
        return
    error = NotReadyError if status == http.HTTPStatus.SERVICE_UNAVAILABLE else ProbeError
    raise error(f"{path} answers {status} {text.strip() if path == READY else ''}".strip())


def get(place: Place, path: str, limit: int) -> tuple[int, str]:
    """Request a page; return its status and its text, at most ``limit`` bytes of it.

    Raises:
        OSError: there is no answer.
        http.client.HTTPException: the answer is not HTTP.
    """
    with closing(http.client.HTTPConnection(place.site, timeout=TIMEOUT)) as connection:
        connection.sock = place.connect()
        connection.request("GET", path, headers={"Host": place.site})
        answer = connection.getresponse()
        return answer.status, answer.read(limit).decode(errors="replace")


def probe_socket(place: Place) -> None:
    """Open a WebSocket without a session, and expect the close code for that.

    Raises:
        ProbeError: there is another answer.
        OSError: there is no answer.
    """
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        "GET /ws/chat/ HTTP/1.1",
        f"Host: {place.site}",
        f"Origin: {place.origin or f'https://{place.site}'}",
        "X-Forwarded-Proto: https",  # as the proxy sends it
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        "",
        "",
    )
    with place.connect() as connection:
        connection.sendall("\r\n".join(lines).encode())
        with connection.makefile("rb") as answer:
            _read_handshake(answer, key)
            code = _read_close(answer)
    if code != NOT_SIGNED_IN:
        raise ProbeError(f"the socket of a stranger is closed with {code}, not {NOT_SIGNED_IN}")


def _read_handshake(answer: BinaryIO, key: str) -> None:
    status = answer.readline().decode(errors="replace").strip()
    if " 101 " not in f"{status} ":
        raise ProbeError(f"the handshake is answered with {status or 'nothing'}")
    headers = http.client.parse_headers(answer)
    digest = hashlib.sha1(f"{key}{_MAGIC}".encode(), usedforsecurity=False).digest()
    if headers["Sec-WebSocket-Accept"] != base64.b64encode(digest).decode():
        raise ProbeError("the handshake is answered by something that is no WebSocket server")


def _read_close(answer: BinaryIO) -> int:
    """Return the code of the close frame, the first frame expected (RFC 6455, section 5.2)."""
    head = answer.read(4)
    if len(head) < 4 or head[0] != _CLOSE:
        raise ProbeError("the socket of a stranger is not closed")
    return int.from_bytes(head[2:4], "big")


if __name__ == "__main__":
    sys.exit(main())
