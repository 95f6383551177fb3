"""Creates two people on the deployed site, and sends messages as them."""

from __future__ import annotations

import secrets
from uuid import uuid4

from reference_app.serving.check.person import Site
from tests.deploy.ansible.hosts import Fleet
from tests.deploy.target import Account, Target

PEOPLE = ("amal", "badr")


def target_with_people(fleet: Fleet) -> Target:
    """Create the people, if the site does not have them yet; return the site from outside."""
    users_file = fleet.folder / "users"
    if not users_file.exists():
        users_file.write_text("".join(f"{name} {secrets.token_urlsafe(18)}\n" for name in PEOPLE))
    fleet.server.run("fawran-manage", "create_users", stdin=users_file.read_text())
    users = [
        (name, password) for name, password in map(str.split, users_file.read_text().splitlines())
    ]
    plain = fleet.url.replace("https:", "http:")
    return Target(Site(fleet.url, insecure=True), plain, users, drain="", sockets="")


async def say(target: Target, account: Account, room: int, text: str) -> None:
    """Send a message, and wait until it is stored."""
    async with target.page(account, room) as page:
        await page.say(text, str(uuid4()))
        await page.next_of("ack")
