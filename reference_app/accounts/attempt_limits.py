"""Compute how long an attempt to sign in has to wait, from the failures before it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Failures:
    """How many attempts on an account from an address failed, and when the last one did."""

    account: str
    address: str
    count: int
    last: datetime


def wait_until_below(
    limit: int, failures: Iterable[Failures], pause: timedelta, now: datetime
) -> timedelta:
    """Return how long it takes until fewer than ``limit`` failures count; zero if they do now.

    A failure counts for ``pause`` after the last one of its account, address and browser.
    """
    counted = sorted((one for one in failures if one.last + pause > now), key=lambda one: one.last)
    left = sum(one.count for one in counted)
    wait = timedelta()
    for one in counted:
        if left < limit:
            break
        left -= one.count
        wait = one.last + pause - now
    return wait
