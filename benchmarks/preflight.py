"""What is checked before anything starts, so that nobody waits minutes for a refusal."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from pathlib import Path

import psutil
import psycopg
import redis

from benchmarks.errors import BadRequest

DESCRIPTORS_BESIDE_USERS = 200
"""Files and sockets that a generator or server has open besides one for each user."""

BYTES_PER_USER = 250 * 1024
"""Memory of one user on both sides together: measured with 4,000, and rounded up."""

BYTES_BESIDE_USERS = 600 * 2**20
"""Memory of the servers, Redis, the generator and this process without users."""


def check_platform() -> None:
    """Refuse platforms whose memory and processors cannot be accounted for.

    Raises:
        BadRequest: this is not Linux.
    """
    if sys.platform != "linux":
        raise BadRequest(
            "The benchmark needs Linux: it pins processes to processors and reads PSS. "
            "The chat itself runs here: make run."
        )


def check_users(users: int, room_size: int) -> None:
    """Refuse more users than this machine's descriptors or free memory carry.

    Raises:
        BadRequest: with the number that would fit.
    """
    if users < room_size:
        raise BadRequest(f"{users} users do not fill one room of {room_size}.")
    fit = fitting_users()
    for reason, most in fit.items():
        if users > most:
            raise BadRequest(
                f"{users:,} users do not fit: {reason} suffices for {most:,}. "
                f"Ask for at most {min(fit.values()):,} (--users), or raise the limit."
            )


def fitting_users() -> dict[str, int]:
    """Return how many users fit, by what limits them."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = 1 << 20
    available = psutil.virtual_memory().available
    return {
        f"the limit of {hard:,} open files": max(0, hard - DESCRIPTORS_BESIDE_USERS),
        f"the free memory of {available / 2**30:.1f} GiB": max(
            0, (available - BYTES_BESIDE_USERS) // BYTES_PER_USER
        ),
    }


def raise_descriptor_limit() -> None:
    """Let this process and its children open as many files as the system allows them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def check_reports(reports: Path) -> None:
    """Refuse a reports folder that nothing can be written to.

    Raises:
        BadRequest: it cannot be.
    """
    try:
        reports.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=reports):
            pass
    except OSError as error:
        raise BadRequest(
            f"{reports} cannot be written to: {error.strerror}. Name another: --reports DIR."
        ) from None


def check_database() -> None:
    """Refuse a database of the user's that does not answer; SQLite's is a file of ours.

    Raises:
        BadRequest: it does not.
    """
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        return
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        line = str(error).strip().splitlines()[0]
        raise BadRequest(f"DATABASE_URL does not answer: {line} Unset it to use SQLite.") from None


def check_redis() -> None:
    """Refuse a Redis of the user's that does not answer.

    Raises:
        BadRequest: it does not.
    """
    url = os.environ.get("REDIS_URL")
    if not url:
        return
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError, OSError) as error:
        raise BadRequest(
            f"REDIS_URL does not answer: {error}. Unset it to use the embedded server."
        ) from None
