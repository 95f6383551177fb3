"""The deployment that is verified, as the environment names it (scripts/verify-deployment)."""

from __future__ import annotations

import asyncio
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.clients.page import Page
from reference_app.chat import protocol
from reference_app.serving.check.person import Person, Site

PAGES = 8
"""Pages that each of two people opens: more than enough for each process to have some."""


@dataclass(frozen=True)
class Account:
    """Somebody who is signed in: a session of theirs, and who they are."""

    me: protocol.Person
    cookies: dict[str, str]


@dataclass(frozen=True)
class Target:
    """A deployment from outside: where it is, who may sign in, and how a process is drained.

    ``plain_url`` is where it answers without TLS, to send one on.
    """

    site: Site
    plain_url: str
    users: list[tuple[str, str]]
    drain: str

    @classmethod
    def named(cls) -> Target:
        """Return the deployment that the environment names."""
        url = os.environ["FAWRAN_TARGET"].rstrip("/")
        lines = Path(os.environ["FAWRAN_TARGET_USERS"]).read_text(encoding="utf-8").splitlines()
        return cls(
            site=Site(url, insecure=bool(os.environ.get("FAWRAN_TARGET_INSECURE"))),
            plain_url=os.environ.get("FAWRAN_TARGET_HTTP") or f"http://{urlsplit(url).hostname}",
            users=[(name, password) for name, password in map(str.split, lines[:2])],
            drain=os.environ.get("FAWRAN_TARGET_DRAIN", ""),
        )

    @property
    def host(self) -> str:
        """Its host's name."""
        return urlsplit(self.site.url).hostname or ""

    @property
    def port(self) -> int:
        """Where it speaks TLS."""
        return urlsplit(self.site.url).port or 443

    async def sign_in(self) -> list[Account]:
        """Sign both users in."""
        people = [await Person.sign_in(self.site, *user) for user in self.users]
        for person in people:
            await person.http.aclose()
        return [Account(one.me, dict(one.http.cookies)) for one in people]

    def person(self, account: Account) -> Person:
        """Return somebody to ask the API as."""
        return Person(self.site, self.site.client(cookies=account.cookies), account.me)

    def page(self, account: Account, room: int) -> Page:
        """Return somebody's page, to be opened as a context."""
        return Page(self.site.url, account.cookies["sessionid"], room)

    async def new_room(self, accounts: list[Account], title: str) -> int:
        """Make a group in which nothing has happened yet."""
        first, *others = accounts
        person = self.person(first)
        wanted = protocol.NewGroup(kind="group", title=title, members=[one.me.id for one in others])
        answer = await person.post("/conversations", wanted)
        await person.http.aclose()
        assert answer.is_success, answer.text
        return protocol.ConversationState.model_validate_json(answer.content).id

    async def messages(self, account: Account, room: int) -> list[tuple[int, str]]:
        """Return the newest messages of a room: where each stands, and its text."""
        person = self.person(account)
        answer = await person.http.get(f"/api/conversations/{room}/messages")
        await person.http.aclose()
        assert answer.is_success, answer.text
        history = protocol.History.model_validate_json(answer.content)
        return [(event.seq, event.text) for event in history.messages]

    async def drain_one(self) -> None:
        """Have one process drained and started again, by the command that was given."""
        await asyncio.to_thread(self._drain)

    def _drain(self) -> None:
        done = subprocess.run(self.drain, shell=True, capture_output=True, text=True)  # noqa: S602
        assert done.returncode == 0, done.stdout + done.stderr
