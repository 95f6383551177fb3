"""A signed-in user of a site, with the requests and the socket that a page could use."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel
from websockets.asyncio.client import ClientConnection, connect

from reference_app import protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TIMEOUT = 15.0
"""Seconds that the site may take for each answer."""

Frame = TypeVar("Frame", bound=BaseModel)


class CheckError(Exception):
    """The site does not pass a check; the message says why."""


@dataclass(frozen=True)
class Site:
    """The site's address, and whether its certificate is checked."""

    url: str
    insecure: bool = False

    @property
    def is_tls(self) -> bool:
        """Whether the address is https."""
        return self.url.startswith("https://")

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine, as the demo is."""
        return urlsplit(self.url).hostname in {"localhost", "127.0.0.1", "::1"}

    @property
    def context(self) -> ssl.SSLContext | None:
        """The TLS context for the site; None without TLS."""
        if not self.is_tls:
            return None
        context = ssl.create_default_context()
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def client(self, **options: Any) -> httpx.AsyncClient:
        """Return an HTTP client for the site."""
        context = self.context
        return httpx.AsyncClient(
            base_url=self.url,
            verify=True if context is None else context,
            timeout=TIMEOUT,
            trust_env=False,
            **options,
        )


class Person:
    """A signed-in user of the site."""

    def __init__(self, site: Site, http: httpx.AsyncClient, me: protocol.Person) -> None:
        self.site = site
        self.http = http
        self.me = me

    @classmethod
    async def sign_in(cls, site: Site, username: str, password: str) -> Person:
        """Sign in through the login page's own form.

        Raises:
            CheckError: there is no such page, or it refuses this user.
        """
        http = site.client()
        page = await http.get("/accounts/login/")
        if page.is_redirect:
            raise CheckError(
                f"{site.url} redirects to {page.headers['location']}: check that address."
            )
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        if page.status_code != httpx.codes.OK or token is None:
            raise CheckError(f"{site.url} has no login page of Fawran (HTTP {page.status_code}).")
        answer = await http.post(
            "/accounts/login/",
            data={
                "csrfmiddlewaretoken": token[1],
                "username": username,
                "password": password,
                "next": "/",
            },
            headers={"Referer": f"{site.url}/accounts/login/"},
        )
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            seconds = answer.headers.get("retry-after", "some")
            raise CheckError(
                f"{site.url} has had too many wrong passwords of {username}, or from this "
                f"address: try again in {seconds} seconds."
            )
        if answer.status_code != httpx.codes.FOUND:
            raise CheckError(f"{username} cannot sign in with this password.")
        await http.get("/")
        me = await http.get("/api/me")
        return cls(site, http, protocol.Person.model_validate_json(me.content))

    async def transport(self) -> str:
        """Return the transport by which the site's page receives events.

        Raises:
            CheckError: the page is not the chat.
        """
        answer = await self.http.get("/")
        found = re.search(r'id="chat"\s+data-transport="(\w+)"', answer.text)
        if answer.status_code != httpx.codes.OK or found is None:
            raise CheckError(f"/ is not the chat (HTTP {answer.status_code}).")
        return found[1]

    async def get(self, path: str, model: type[Frame]) -> Frame:
        """Return the API's response at a path.

        Raises:
            CheckError: the API refuses.
        """
        return _read(await self.http.get(f"/api{path}"), model)

    async def post(self, path: str, body: BaseModel) -> httpx.Response:
        """Send a POST request to the API."""
        return await self.http.post(
            f"/api{path}",
            content=body.model_dump_json(),
            headers={
                "Content-Type": "application/json",
                "X-CSRFToken": self.http.cookies.get("csrftoken") or "",
                "Referer": self.site.url,
            },
        )

    async def direct_conversation(self, other: Person) -> int:
        """Return the conversation with another person; create it if needed."""
        wanted = protocol.NewDirect(kind="direct", person=other.me.id)
        return _read(await self.post("/conversations", wanted), protocol.ConversationState).id

    @asynccontextmanager
    async def socket(self, origin: str | None = None) -> AsyncIterator[Socket]:
        """Open a socket as a page of the site would; yield it after the welcome frame."""
        parts = urlsplit(self.site.url)
        scheme = "wss" if self.site.is_tls else "ws"
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        async with connect(
            f"{scheme}://{parts.netloc}/ws/chat/",
            additional_headers={"Cookie": cookies, "Origin": origin or self.site.url},
            ssl=self.site.context,
            open_timeout=TIMEOUT,
            proxy=None,
        ) as connection:
            socket = Socket(connection)
            await socket.wait_for(protocol.Welcome)
            yield socket


class Socket:
    """An open socket: sends frames, and waits for a frame of a kind."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, frame: BaseModel) -> None:
        """Send a frame."""
        await self._connection.send(frame.model_dump_json())

    async def send_text(self, text: str) -> None:
        """Send text that may not be a valid frame."""
        await self._connection.send(text)

    async def wait_for(
        self, model: type[Frame], wanted: Callable[[Frame], bool] = lambda _frame: True
    ) -> Frame:
        """Return the next frame of a kind; skip others.

        Raises:
            CheckError: it does not arrive in time.
        """
        try:
            async with asyncio.timeout(TIMEOUT):
                while True:
                    frame = protocol.server_frames.validate_json(await self._connection.recv())
                    if isinstance(frame, model) and wanted(frame):
                        return frame
        except TimeoutError:
            raise CheckError(f"No {model.__name__} frame came in {TIMEOUT:.0f} s.") from None


async def milliseconds(doing: Callable[[], Awaitable[object]]) -> float:
    """Return how long something takes, in milliseconds."""
    start = time.perf_counter()
    await doing()
    return (time.perf_counter() - start) * 1000


def _read(response: httpx.Response, model: type[Frame]) -> Frame:
    if not response.is_success:
        raise CheckError(f"{response.request.url.path}: HTTP {response.status_code}.")
    return model.model_validate_json(response.content)
