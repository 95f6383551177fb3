"""The application's configuration, read from environment variables and checked in one place.

Make, Docker and Ansible all set the same variables; docs/settings.md lists them. A variable NAME
may also be given as NAME_FILE, the path of a file that contains the value, so that no secret has
to be in the environment. An empty variable counts as unset.
"""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from django.core.exceptions import ImproperlyConfigured

from reference_app.runtime.origins import canonical_origin

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})
DEMO_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
MAX_MEBIBYTES = 1 << 20
REDIS_PREFIX = re.compile(r"[A-Za-z0-9_-]{1,40}")
MAX_PROXIES = 10
MAX_FAILURES = 10_000
MAX_PAUSE_MINUTES = 24 * 60
T = TypeVar("T", bound=StrEnum)
ROOT = Path(__file__).resolve().parents[2]


class Mode(StrEnum):
    """How the site runs: as a demo, on a local machine only, or in production."""

    DEMO = "demo"
    PRODUCTION = "production"


class ChannelLayer(StrEnum):
    """The channel layer that transports events between sockets and processes."""

    CORE = "core"
    PUBSUB = "pubsub"
    VALKEY = "valkey"
    VALKEY_PUBSUB = "valkey-pubsub"
    MEMORY = "memory"
    NONE = "none"


VALKEY_LAYERS = frozenset({ChannelLayer.VALKEY, ChannelLayer.VALKEY_PUBSUB})


class Fanout(StrEnum):
    """The members of the channel layer's groups: each process, or each socket."""

    PROCESS = "process"
    SOCKET = "socket"


class Transport(StrEnum):
    """How a page receives new events."""

    WEBSOCKET = "websocket"
    POLLING = "polling"


@dataclass(frozen=True)
class SignInLimits:
    """How many wrong passwords are allowed before further attempts have to wait.

    ``failures`` is for one account at one address, ``per_address`` for all accounts at one
    address, ``per_account`` for one account at all addresses. A failure counts for ``pause``.
    """

    failures: int = 10
    per_address: int = 100
    per_account: int = 100
    pause: timedelta = timedelta(minutes=15)


@dataclass(frozen=True)
class Environment:
    """The application's configuration."""

    mode: Mode
    debug: bool
    secret_key: str
    https: bool
    allowed_hosts: list[str]
    origins: tuple[str, ...]
    """The site's origins; if empty, the origin of the address that a request was sent to."""
    database_url: str
    redis_url: str
    redis_prefix: str
    channel_layer: ChannelLayer
    fanout: Fanout
    metrics: tuple[str, int] | None
    transport: Transport
    data_dir: Path
    files_dir: Path
    file_limit: int
    files_per_day: int
    files_accel: str
    collected_static: bool
    proxies: int | None
    """Number of trusted proxies in front of each process; None if the variable is not set."""
    sign_in: SignInLimits


def read_environment() -> Environment:
    """Return the configuration from the environment.

    Raises:
        ImproperlyConfigured: a variable is missing, wrong or unsafe; the message names the
            variable and says what to do.
    """
    mode = _choice(Mode, "FAWRAN_MODE", default=Mode.PRODUCTION)
    demo = mode is Mode.DEMO
    data_dir = Path(os.environ.get("FAWRAN_DATA_DIR") or ROOT / "var").resolve()
    redis_url = secret("REDIS_URL")
    https = _boolean("FAWRAN_HTTPS", default=not demo)
    fanout = _choice(Fanout, "FAWRAN_FANOUT", default=Fanout.PROCESS)
    layer = _usual_layer(fanout) if redis_url else ChannelLayer.NONE
    environment = Environment(
        mode=mode,
        debug=_boolean("DEBUG", default=False),
        secret_key=secret("SECRET_KEY"),
        https=https,
        allowed_hosts=_list("ALLOWED_HOSTS") or (DEMO_HOSTS if demo else []),
        origins=_origins("FAWRAN_ORIGINS", https=https),
        database_url=secret("DATABASE_URL") or _sqlite_url(data_dir / "fawran.sqlite3"),
        redis_url=redis_url,
        redis_prefix=_prefix("FAWRAN_REDIS_PREFIX"),
        channel_layer=_choice(ChannelLayer, "CHANNEL_LAYER", default=layer),
        fanout=fanout,
        metrics=_private_address("FAWRAN_METRICS"),
        transport=_choice(Transport, "FAWRAN_TRANSPORT", default=Transport.WEBSOCKET),
        data_dir=data_dir,
        files_dir=Path(os.environ.get("FAWRAN_FILES_DIR") or data_dir / "files").resolve(),
        file_limit=_mebibytes("FAWRAN_FILE_LIMIT", default=10),
        files_per_day=_mebibytes("FAWRAN_FILES_PER_DAY", default=200),
        files_accel=_internal_path("FAWRAN_FILES_ACCEL"),
        collected_static=_boolean("FAWRAN_COLLECTED_STATIC", default=not demo),
        proxies=_proxies(),
        sign_in=_sign_in_limits(),
    )
    _refuse_unsafe(environment)
    return environment


def _proxies() -> int | None:
    if not os.environ.get("FAWRAN_PROXIES"):
        return None
    return _whole_number("FAWRAN_PROXIES", default=0, least=0, most=MAX_PROXIES)


def _sign_in_limits() -> SignInLimits:
    usual = SignInLimits()
    minutes = _whole_number("FAWRAN_SIGN_IN_PAUSE", default=15, most=MAX_PAUSE_MINUTES)
    return SignInLimits(
        failures=_whole_number(
            "FAWRAN_SIGN_IN_FAILURES", default=usual.failures, most=MAX_FAILURES
        ),
        per_address=_whole_number(
            "FAWRAN_SIGN_IN_FAILURES_PER_ADDRESS", default=usual.per_address, most=MAX_FAILURES
        ),
        per_account=_whole_number(
            "FAWRAN_SIGN_IN_FAILURES_PER_ACCOUNT", default=usual.per_account, most=MAX_FAILURES
        ),
        pause=timedelta(minutes=minutes),
    )


def _usual_layer(fanout: Fanout) -> ChannelLayer:
    """Return the default layer for a kind of fan-out.

    Pub/sub delivers about a third more if a process is one receiver. Plain Channels consumers
    use the layer of the migration write-up.
    """
    return ChannelLayer.PUBSUB if fanout is Fanout.PROCESS else ChannelLayer.CORE


def _refuse_unsafe(environment: Environment) -> None:
    if len(environment.secret_key) < 50 or len(set(environment.secret_key)) < 5:
        raise ImproperlyConfigured(
            "SECRET_KEY is missing, too short (50 characters at least) or of too few different "
            "characters. Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"
        )
    if environment.secret_key.startswith("django-insecure-"):
        raise ImproperlyConfigured("SECRET_KEY is Django's insecure default: make one of your own.")
    layer = environment.channel_layer
    if layer not in {ChannelLayer.MEMORY, ChannelLayer.NONE} and not environment.redis_url:
        raise ImproperlyConfigured(
            f"CHANNEL_LAYER={layer.value} needs REDIS_URL, for example redis://localhost:6379/0."
        )
    if layer in VALKEY_LAYERS and not find_spec("channels_valkey"):
        raise ImproperlyConfigured(
            f"CHANNEL_LAYER={layer.value} needs a package: pip install channels-valkey, "
            "or leave it unset: the usual layers talk to Valkey too."
        )
    if environment.mode is Mode.DEMO:
        return
    if environment.debug:
        raise ImproperlyConfigured("DEBUG is on. Only FAWRAN_MODE=demo allows it: unset DEBUG.")
    if not environment.allowed_hosts:
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS is empty: name the hosts that the site is reached by, comma-separated."
        )
    if "*" in environment.allowed_hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS is '*', which lets any host name in: name yours.")
    if not environment.https and not set(environment.allowed_hosts) <= LOOPBACK_HOSTS:
        raise ImproperlyConfigured(
            "FAWRAN_HTTPS is off, so passwords and sessions would cross the network in the "
            "clear. That is allowed only where ALLOWED_HOSTS names nothing but this machine."
        )


def secret(name: str) -> str:
    """Return variable NAME, or the content of the file that NAME_FILE names."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, "")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: {path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{name}_FILE: {path} is not text in UTF-8.") from None


def _sqlite_url(path: Path) -> str:
    return f"sqlite:///{quote(str(path))}"


def _private_address(name: str) -> tuple[str, int] | None:
    """Return a host and a port that only this machine, or its own network, can reach."""
    value = os.environ.get(name)
    if not value:
        return None
    host, _, port = value.rpartition(":")
    try:
        if host == "self":  # a container gets its address only when it starts
            host = socket.gethostbyname(socket.gethostname())
        address = ip_address(host.strip("[]"))
        number = int(port)
    except (ValueError, OSError):
        raise ImproperlyConfigured(f"{name}={value} is not ADDRESS:PORT.") from None
    if not address.is_private or address.is_unspecified or not 0 < number < 1 << 16:
        raise ImproperlyConfigured(
            f"{name}={value}: metrics are for this machine or its own network only, "
            "for example 127.0.0.1:9100."
        )
    return str(address), number


def _mebibytes(name: str, *, default: int) -> int:
    """Return a number of bytes, given in MiB."""
    return _whole_number(name, default=default, most=MAX_MEBIBYTES, unit=" of MiB") << 20


def _whole_number(name: str, *, default: int, most: int, least: int = 1, unit: str = "") -> int:
    """Return a whole number within bounds; ``unit`` completes the error message."""
    value = os.environ.get(name) or str(default)
    # The length is checked before the value: int() refuses very long ones with a traceback.
    is_number = value.isascii() and value.isdecimal() and len(value) < 10
    if not is_number or not least <= int(value) <= most:
        raise ImproperlyConfigured(
            f"{name}={value} is no whole number{unit} from {least} to {most}."
        )
    return int(value)


def _internal_path(name: str) -> str:
    """Return the path of an internal location of the proxy; it begins and ends with a slash."""
    value = os.environ.get(name, "")
    if value and not (value.startswith("/") and value.endswith("/")):
        raise ImproperlyConfigured(
            f"{name}={value} is no location of the proxy's, for example /stored-files/."
        )
    return value


def _prefix(name: str) -> str:
    """Return a prefix for names in Redis; empty if the variable is not set."""
    value = os.environ.get(name, "")
    if value and not REDIS_PREFIX.fullmatch(value):
        raise ImproperlyConfigured(
            f"{name} is not a prefix: use 1 to 40 letters, digits, '-' and '_', "
            "for example chat-staging, or unset it."
        )
    return value


def _origins(name: str, *, https: bool) -> tuple[str, ...]:
    """Return origins in their canonical form."""
    found = {text: canonical_origin(text) for text in _list(name)}
    for text, origin in found.items():
        if not origin or (https and not origin.startswith("https:")):
            raise ImproperlyConfigured(
                f"{name}: {text} is not an origin of the site: scheme, host and a port that is "
                "not the usual one, without a path or a '*', for example https://chat.example:8443."
                " With FAWRAN_HTTPS the scheme is https."
            )
    return tuple(found.values())


def _list(name: str) -> list[str]:
    return [one.strip() for one in os.environ.get(name, "").split(",") if one.strip()]


def _boolean(name: str, *, default: bool) -> bool:
    value = os.environ.get(name) or ("on" if default else "off")
    if value.lower() in {"on", "true", "yes", "1"}:
        return True
    if value.lower() in {"off", "false", "no", "0"}:
        return False
    raise ImproperlyConfigured(f"{name}={value} is neither on nor off.")


def _choice(kind: type[T], name: str, *, default: T) -> T:
    value = os.environ.get(name) or default
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(kind)
        raise ImproperlyConfigured(f"{name}={value} is unknown; it is one of {known}.") from None
