"""What is checked before anything starts, so that nobody waits minutes for a refusal."""

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


def check_users(users: int, room_size: int, option: str = "--users") -> None:
    """Refuse more users than this machine's descriptors or free memory carry.

    ``option`` is what the number can be changed with.

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
                f"Ask for at most {min(fit.values()):,} ({option}), or raise the limit."
            )


def check_crowds(crowds: Iterable[Crowd]) -> None:
    """Refuse crowds with nobody to deliver to, or too large for this machine.

    Raises:
        BadRequest: one is.
    """
    for one in crowds:
        if one.room_size < 2:
            raise BadRequest("A room has at least 2 sockets: one that writes, one that receives.")
        check_users(one.users, one.room_size, "--sockets")


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


def check_servers() -> None:
    """Refuse a database or Redis of the user's that does not answer.

    Raises:
        BadRequest: one does not.
    """
    try:
        check_redis(os.environ.get("REDIS_URL", ""))
        check_database(os.environ.get("DATABASE_URL", ""))
    except ServingError as error:
        raise BadRequest(str(error)) from None
