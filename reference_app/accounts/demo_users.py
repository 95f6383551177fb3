"""The users of the local demo. Their passwords are public, so they work only there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoUser:
    """A user of the demo."""

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
