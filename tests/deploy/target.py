"""The deployment under test, as scripts/verify-deployment names it in the environment."""

from __future__ import annotations

import asyncio
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from benchmarks.probe.page import Page
from reference_app import protocol
from reference_app.serving.check.person import Person, Site

PAGES = 8
"""Pages that each of two people opens: more than enough for each process to have several."""

GZIP = b"\x1f\x8b"
"""The first bytes of a file that the server accepts, whatever follows them."""


@dataclass(frozen=True)
class Account:
    """A person who is signed in: who they are, and the cookies of a session."""

    me: protocol.Person
    cookies: dict[str, str]


@dataclass(frozen=True)
class Target:
    """A deployment from outside: its address, its users, and the command that drains a process.

    ``plain_url`` is its address without TLS, which redirects. ``sockets`` is a command that prints
    how many sockets each process holds: one line for each, its name and the number.
    """

    site: Site
    plain_url: str
    users: list[tuple[str, str]]
    drain: str
    sockets: str

    @classmethod
    def from_environment(cls) -> Target:
        """Return the deployment that the environment names."""
        url = os.environ["FAWRAN_TARGET"].rstrip("/")
        lines = Path(os.environ["FAWRAN_TARGET_USERS"]).read_text(encoding="utf-8").splitlines()
        return cls(
            site=Site(url, insecure=bool(os.environ.get("FAWRAN_TARGET_INSECURE"))),
            plain_url=os.environ.get("FAWRAN_TARGET_HTTP") or f"http://{urlsplit(url).hostname}",
            users=[(name, password) for name, password in map(str.split, lines[:2])],
            drain=os.environ.get("FAWRAN_TARGET_DRAIN", ""),
            sockets=os.environ.get("FAWRAN_TARGET_SOCKETS", ""),
        )

    @property
    def host(self) -> str:
        """Return the host's name."""
        return urlsplit(self.site.url).hostname or ""

    @property
    def port(self) -> int:
        """Return the TLS port."""
        return urlsplit(self.site.url).port or 443

    async def sign_in(self) -> list[Account]:
        """Sign both users in."""
        people = [await Person.sign_in(self.site, *user) for user in self.users]
        for person in people:
            await person.http.aclose()
        return [Account(one.me, dict(one.http.cookies)) for one in people]

    def person(self, account: Account) -> Person:
        """Return a client of the API with an account's session."""
        return Person(self.site, self.site.client(cookies=account.cookies), account.me)

    def page(self, account: Account, room: int) -> Page:
        """Return a page of an account, which a context manager opens."""
        return Page(self.site.url, account.cookies["sessionid"], room)

    async def new_room(self, accounts: list[Account], title: str) -> int:
        """Create a group without messages; return its id."""
        first, *others = accounts
        person = self.person(first)
        group = protocol.NewGroup(kind="group", title=title, members=[one.me.id for one in others])
        answer = await person.post("/conversations", group)
        await person.http.aclose()
        assert answer.is_success, answer.text
        return protocol.ConversationState.model_validate_json(answer.content).id

    async def messages(self, account: Account, room: int) -> list[tuple[int, str]]:
        """Return the newest messages of a room: their sequence numbers and texts."""
        person = self.person(account)
        answer = await person.http.get(f"/api/conversations/{room}/messages")
        await person.http.aclose()
        assert answer.is_success, answer.text
        history = protocol.History.model_validate_json(answer.content)
        return [(event.seq, event.text) for event in history.messages]

    def csrf_headers(self, account: Account) -> dict[str, str]:
        """Return the headers that Django requires of a request that changes something."""
        return {"X-CSRFToken": account.cookies["csrftoken"], "Referer": self.site.url}

    async def upload(self, account: Account, room: int, content: bytes) -> httpx.Response:
        """Upload a file for a message in a room."""
        async with self.person(account).http as http:
            return await http.post(
                f"/api/conversations/{room}/files",
                files={"file": ("ملف.gz", content)},
                headers=self.csrf_headers(account),
                timeout=60,
            )

    async def send_file(self, account: Account, room: int, content: bytes) -> int:
        """Upload a file and send it in a message; return its id."""
        answer = await self.upload(account, room, content)
        assert answer.is_success, answer.text
        file = protocol.Attachment.model_validate_json(answer.content)
        assert file.size == len(content)
        message = protocol.NewMessage(client_id=uuid4(), text="", files=[file.id])
        person = self.person(account)
        answer = await person.post(f"/conversations/{room}/messages", message)
        await person.http.aclose()
        assert answer.is_success, answer.text
        return file.id

    async def drain_one_process(self) -> None:
        """Drain and restart one process, by the given command."""
        await asyncio.to_thread(_run, self.drain)

    async def sockets_per_process(self) -> dict[str, int]:
        """Return how many sockets each process holds, by the given command."""
        printed = await asyncio.to_thread(_run, self.sockets)
        return {name: int(number) for name, number in map(str.split, printed.splitlines())}


def _run(command: str) -> str:
    done = subprocess.run(command, shell=True, capture_output=True, text=True)  # noqa: S602
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
