"""Registry of the faults that the benchmark must detect, declared by the tests that inject them.

The table in the documentation is generated from these declarations (table.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., object])


@dataclass(frozen=True)
class Fault:
    """What is injected, and what detects it; ``null`` is the null server's name for it."""

    name: str
    injected: str
    caught_by: str
    test: str
    null: str = ""


FAULTS: dict[str, Fault] = {}


def fault(name: str, *, injected: str, caught_by: str, null: str = "") -> Callable[[Test], Test]:
    """Return a decorator that declares that a test injects a fault.

    Raises:
        ValueError: another fault has this name.
    """

    def declare(test: Test) -> Test:
        if name in FAULTS:
            raise ValueError(f"two faults are named {name!r}")
        FAULTS[name] = Fault(name, injected, caught_by, test.__name__, null)
        return test

    return declare
