"""The faults that the harness must see: each test that injects one declares it here.

The table in the documentation is made from these declarations (table.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., object])


@dataclass(frozen=True)
class Fault:
    """What is injected, and what catches it; ``null`` is the null server's name for it."""

    name: str
    injected: str
    caught_by: str
    test: str
    null: str = ""


FAULTS: dict[str, Fault] = {}


def fault(name: str, *, injected: str, caught_by: str, null: str = "") -> Callable[[Test], Test]:
    """Declare that a test injects a fault.

    Raises:
        ValueError: another one has this name.
    """

    def declare(test: Test) -> Test:
        if name in FAULTS:
            raise ValueError(f"two faults are named {name!r}")
        FAULTS[name] = Fault(name, injected, caught_by, test.__name__, null)
        return test

    return declare
