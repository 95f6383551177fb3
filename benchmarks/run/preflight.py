"""Checks before a run, so that a run that cannot succeed is refused at once."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import psutil

from benchmarks.errors import BadRequest
from benchmarks.run.profiles import Crowd
from reference_app.serving.processes import ServingError
from reference_app.serving.reachable import check_database, check_redis

DESCRIPTORS_BESIDE_USERS = 200
"""Files and sockets that a generator or server has open in addition to one for each user."""

BYTES_PER_USER = 250 * 1024
"""Memory of one user in the generator and the server together: measured with 4,000 users, and
rounded up."""

BYTES_BESIDE_USERS = 600 * 2**20
"""Memory of the servers, Redis, the generator and this process without users."""


def check_platform() -> None:
    """Refuse platforms on which memory and processor use cannot be measured.

    Raises:
        BadRequest: the platform is not Linux.
    """
    if sys.platform != "linux":
        raise BadRequest(
            "The benchmark needs Linux: it pins processes to processors and reads PSS. "
            "The chat itself runs here: make run."
        )


def check_users(users: int, room_size: int, option: str = "--users") -> None:
    """Refuse more users than this machine's file descriptors or free memory suffice for.

    ``option`` is the command-line option that sets the number.

    Raises:
        BadRequest: the users do not fill a room, or are too many; the message then says how
            many fit.
    """
    if users < room_size:
        raise BadRequest(f"{users} users do not fill one room of {room_size}.")
    fit = fitting_users()
    for reason, most in fit.items():
        if users > most:
            raise BadRequest(
                f"{users:,} users do not fit: {reason} suffices for {most:,}. "
                f"Ask for at most {min(fit.values()):,} ({option}), or raise the limit."
            )


def check_crowds(crowds: Iterable[Crowd]) -> None:
    """Refuse crowds that are too large for this machine, or in which nobody receives messages.

    Raises:
        BadRequest: a crowd is one of these.
    """
    for one in crowds:
        if one.room_size < 2:
            raise BadRequest("A room has at least 2 sockets: one that writes, one that receives.")
        check_users(one.users, one.room_size, "--sockets")


def fitting_users() -> dict[str, int]:
    """Return how many users fit on this machine, by the name of the limit."""
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
    """Raise the limit of open files of this process and its children to the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def check_reports(reports: Path) -> None:
    """Refuse a reports folder that cannot be written to; create it if it does not exist.

    Raises:
        BadRequest: the folder cannot be written to.
    """
    try:
        reports.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=reports):
            pass
    except OSError as error:
        raise BadRequest(
            f"{reports} cannot be written to: {error.strerror}. Name another: --reports DIR."
        ) from None


def check_servers() -> None:
    """Check that the database and the Redis given in the environment answer.

    Raises:
        BadRequest: one of them does not answer.
    """
    try:
        check_redis(os.environ.get("REDIS_URL", ""))
        check_database(os.environ.get("DATABASE_URL", ""))
    except ServingError as error:
        raise BadRequest(str(error)) from None
