"""The people of the local demo. Their passwords are public: they serve nowhere else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoUser:
    """One of the demo's people."""

    username: str
    password: str
    display_name: str


DEMO_USERS = (
    DemoUser("admin", "admin123", "Admin"),
    DemoUser("amal", "amal123", "أمل الهاشمي"),
    DemoUser("badr", "badr123", "بدر العلي"),
    DemoUser("carol", "carol123", "Carol Jones"),
    DemoUser("deniz", "deniz123", "Deniz Kaya"),
)
