"""`python -m reference_app.serving.probe`: does the process here serve? For health checks.

Opens a WebSocket as somebody would who is not signed in, and wants what only the chat itself
answers: the socket is accepted, and closed with 4401. It runs every few seconds in each
container, so it needs nothing but Python, and loads nothing of the application.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import http.client
import os
import socket
import sys
from contextlib import closing
from typing import BinaryIO

NOT_SIGNED_IN = 4401
"""The close code of protocol.py, which would load the application's libraries."""

TIMEOUT = 4.0
_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_CLOSE = 0x88


class ProbeError(Exception):
    """The process does not serve; the message says what it does instead."""


def main() -> int:
    """Run the command line: exit status 0 if the process serves, 1 with a line if not."""
    parser = argparse.ArgumentParser(prog="python -m reference_app.serving.probe")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--http", action="store_true", help="ask /healthz only, of Gunicorn")
    options = parser.parse_args()
    try:
        if options.http:
            probe_http("127.0.0.1", options.port, known_as())
        else:
            probe_socket("127.0.0.1", options.port, known_as())
    except (ProbeError, OSError, http.client.HTTPException) as error:
        print(f"fawran: not served: {error}", file=sys.stderr)
        return 1
    return 0


def known_as() -> str:
    """Return a name that the site is known by: the first of ALLOWED_HOSTS."""
    first = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    return f"www{first}" if first.startswith(".") else first  # .example allows its subdomains


def probe_http(host: str, port: int, site: str) -> None:
    """Ask a process whether it lives.

    Raises:
        ProbeError: it does not answer 200.
        OSError: it does not answer at all.
    """
    with closing(http.client.HTTPConnection(host, port, timeout=TIMEOUT)) as connection:
        connection.request("GET", "/healthz", headers={"Host": site})
        answer = connection.getresponse()
    if answer.status != http.HTTPStatus.OK:
        raise ProbeError(f"/healthz answers {answer.status}")


def probe_socket(host: str, port: int, site: str) -> None:
    """Open a WebSocket, and want to be told to sign in.

    Raises:
        ProbeError: it answers anything else.
        OSError: it does not answer at all.
    """
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        "GET /ws/chat/ HTTP/1.1",
        f"Host: {site}",
        f"Origin: https://{site}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        "",
        "",
    )
    with socket.create_connection((host, port), TIMEOUT) as connection:
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
    """Return the code of the close frame that the server begins with (RFC 6455, section 5.2)."""
    head = answer.read(4)
    if len(head) < 4 or head[0] != _CLOSE:
        raise ProbeError("the socket of a stranger is not closed")
    return int.from_bytes(head[2:4], "big")


if __name__ == "__main__":
    sys.exit(main())
