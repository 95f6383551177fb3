"""Check that Daphne, Twisted and autobahn have the internals that the tuned server uses.

These internals are not part of their public interfaces. If a release changes one, the process
prints this and serves with plain Daphne.
"""

from __future__ import annotations

import asyncio
import inspect
from importlib.metadata import version


def missing_seams() -> list[str]:
    """Return the internals that are not as the tuned server needs them; empty if all are."""
    try:
        return [internal for internal, holds in _seams().items() if not holds]
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        return [str(error)]


def versions() -> str:
    """Return the versions of the packages that are checked."""
    return ", ".join(f"{name} {version(name)}" for name in ("daphne", "twisted", "autobahn"))


def _seams() -> dict[str, bool]:
    from autobahn.websocket.protocol import WebSocketProtocol as Autobahn  # noqa: PLC0415
    from daphne.cli import CommandLineInterface  # noqa: PLC0415
    from daphne.http_protocol import HTTPFactory, WebRequest  # noqa: PLC0415
    from daphne.server import Server  # noqa: PLC0415
    from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol  # noqa: PLC0415
    from twisted.internet import abstract, tcp, unix  # noqa: PLC0415

    descriptor = abstract.FileDescriptor
    return {
        "daphne: CommandLineInterface makes its server_class": (
            CommandLineInterface.server_class is Server
            and "self.server_class(" in inspect.getsource(CommandLineInterface.run)
        ),
        "daphne: Server.create_application(protocol, scope)": _takes(
            Server.create_application, "self", "protocol", "scope"
        ),
        "daphne: Server.listen_success(port)": _takes(Server.listen_success, "self", "port"),
        "daphne: Server.protocol_disconnected(protocol)": _takes(
            Server.protocol_disconnected, "self", "protocol"
        ),
        "daphne: Server.timeout_checker() calls each connection's check_timeouts()": (
            _takes(Server.timeout_checker, "self")
            and "protocol.check_timeouts()" in inspect.getsource(Server.timeout_checker)
        ),
        "daphne: Server keeps signal_handlers and connections": (
            "signal_handlers" in inspect.signature(Server.__init__).parameters
            and "self.connections = {}" in inspect.getsource(Server.run)
        ),
        "daphne: HTTPFactory.buildProtocol sets the request class of its protocols": (
            "protocol.requestFactory = WebRequest" in inspect.getsource(HTTPFactory.buildProtocol)
        ),
        "twisted: a request receives its length, each part of its body, and its end": (
            _takes(WebRequest.gotLength, "self", "length")
            and _takes(WebRequest.handleContentChunk, "self", "data")
            and _takes(WebRequest.requestReceived, "self", "command", "path", "version")
        ),
        "daphne: its WebSocketProtocol is autobahn's": issubclass(WebSocketProtocol, Autobahn),
        "autobahn: sendCloseFrame(code, reasonUtf8, isReply)": _takes(
            Autobahn.sendCloseFrame, "self", "code", "reasonUtf8", "isReply"
        ),
        "daphne: WebSocketProtocol queues for the application in application_queue": (
            _takes(WebSocketProtocol.applicationCreateWorked, "self", "application_queue")
            and "self.application_queue.put_nowait(" in inspect.getsource(WebSocketProtocol)
            and "receive=" in inspect.getsource(Server.create_application)
        ),
        "autobahn: what was read is parsed frame by frame, by processData until it is false": (
            _takes(Autobahn._dataReceived, "self", "data")
            and "while self.processData()" in inspect.getsource(Autobahn.consumeData)
            and _takes(Autobahn.onFrameEnd, "self")
            and "protocol" in vars(WebSocketFactory)
        ),
        "asyncio: Queue takes by _get": _takes(asyncio.Queue._get, "self"),
        "autobahn: STATE_OPEN": isinstance(Autobahn.STATE_OPEN, int),
        "twisted: Port.transport is the Server that an accepted connection becomes": (
            tcp.Port.transport is tcp.Server
            and unix.Port.transport is unix.Server
            and "self.transport(" in inspect.getsource(tcp.Port.doRead)
        ),
        "twisted: FileDescriptor queues in _tempDataBuffer and dataBuffer": (
            descriptor.dataBuffer == b""
            and descriptor.offset == 0
            and "_tempDataLen" in inspect.getsource(descriptor.write)
            and "_tempDataLen" in inspect.getsource(descriptor.doWrite)
        ),
    }


def _takes(function: object, *names: str) -> bool:
    parameters = list(inspect.signature(function).parameters)  # type: ignore[arg-type]
    return tuple(parameters[: len(names)]) == names
