"""A run against a deployment: no server is started, and the rooms are deleted afterwards.

The users are real users of the deployment, from a file of credentials. They sign in as people
do. Their rooms are groups that are created for the run, and deleted after it with all their
messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from benchmarks.errors import BadRequest, BenchmarkError
from benchmarks.generator.members import Member, write_crowd
from benchmarks.generator.users import Place, Security
from benchmarks.run.plan import SessionPlan
from benchmarks.run.profiles import Crowd, Profile
from benchmarks.run.runner import Runner
from benchmarks.run.start import Started
from benchmarks.run.workspace import Crowds, SessionPlace
from benchmarks.scenarios.base import Scenario
from benchmarks.scenarios.registry import find_scenario, scenarios
from benchmarks.servers.base import Server
from reference_app import protocol
from reference_app.serving.check.person import CheckError, Person, Site

SIGN_IN_AT_ONCE = 4
"""Users who sign in concurrently: each password costs the deployment half a second of work."""


@dataclass(frozen=True)
class Guest:
    """A user of the deployment who is signed in."""

    id: int
    session: str
    csrf: str


@dataclass(frozen=True)
class Deployment:
    """A deployment, its transport (in ``server``), and the users who are signed in to it."""

    site: Site
    server: Server
    guests: Sequence[Guest]

    @property
    def place(self) -> Place:
        """The address of the deployment."""
        parts = urlsplit(self.site.url)
        assert parts.hostname is not None
        if not self.site.is_tls:
            return Place(parts.hostname, (parts.port or 80,))
        security: Security = "unverified" if self.site.insecure else "verified"
        return Place(parts.hostname, (parts.port or 443,), security)


def sign_in(url: str, credentials: Path, *, insecure: bool) -> Deployment:
    """Sign in every user of a file of credentials.

    Raises:
        BadRequest: the address or the file is wrong, the deployment does not answer, or it
            refuses a user.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise BadRequest(f"{url} is no address: https://HOST, without a user's name.")
    site = Site(f"{parts.scheme}://{parts.netloc}", insecure)
    try:
        return asyncio.run(_sign_in(site, _pairs(credentials)))
    except CheckError as error:
        raise BadRequest(str(error)) from None
    except (httpx.HTTPError, OSError) as error:
        why = str(error) or type(error).__name__
        raise BadRequest(f"{site.url} cannot be reached: {why}") from None


async def _sign_in(site: Site, pairs: Sequence[tuple[str, str]]) -> Deployment:
    limit = asyncio.Semaphore(SIGN_IN_AT_ONCE)

    async def sign_in_one(username: str, password: str) -> Person:
        async with limit:
            return await Person.sign_in(site, username, password)

    people = await asyncio.gather(*(sign_in_one(*pair) for pair in pairs))
    transport = await people[0].transport()
    guests = [_guest(person) for person in people]
    for person in people:
        await person.http.aclose()
    server = Server(
        name="target",
        summary=site.url,
        transport="polling" if transport == "polling" else "websocket",
        parts=(),
        needs_redis=False,
    )
    return Deployment(site, server, guests)


def _guest(person: Person) -> Guest:
    cookies = {cookie.name: cookie.value or "" for cookie in person.http.cookies.jar}
    return Guest(person.me.id, cookies["sessionid"], cookies["csrftoken"])


def _pairs(credentials: Path) -> list[tuple[str, str]]:
    """Return the user names and passwords of a file with lines of 'username password'."""
    try:
        lines = credentials.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadRequest(f"{credentials}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadRequest(f"{credentials} is not text in UTF-8.") from None
    pairs = [line.split(maxsplit=1) for line in lines if line.strip()]
    if len(pairs) < 2 or any(len(pair) != 2 for pair in pairs):
        raise BadRequest(f"{credentials}: at least two lines, each 'username password'.")
    return [(name, password.strip()) for name, password in pairs]


def fitted(profile: Profile, guests: int) -> Profile:
    """Return the profile reduced to the number of users who are signed in."""
    room = min(profile.room_size, guests)
    in_full_rooms = guests // room * room
    return replace(
        profile,
        room_size=room,
        users=min(profile.users, in_full_rooms),
        capacity_limit=in_full_rooms,
        fanout_sockets=(min(guests, protocol.MAX_GROUP),),
        storing_writers=min(profile.storing_writers, guests),
    )


def choose_scenarios(names: Sequence[str] | None, profile: Profile) -> list[Scenario]:
    """Return the scenarios of these names, or those of the profile that suit a deployment.

    Raises:
        BadRequest: there is no scenario of a name, or it cannot run on a deployment.
    """
    chosen = [find_scenario(name) for name in names or ()]
    for one in chosen:
        if one.needs_own_server or one.calibration:
            raise BadRequest(
                f"{one.name} cannot be done to a deployment: it needs a server of our own."
            )
    return chosen or [
        one
        for one in scenarios().values()
        if not (one.needs_own_server or one.calibration)
        and (one.when == "always" or (one.when == "full" and profile.everything))
    ]


class Guests:
    """The crowds of a run, made of the deployment's users. Call ``close`` after the run."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._folder = Path(tempfile.mkdtemp(prefix="fawran-bench-"))
        self._rooms: list[tuple[Guest, int]] = []

    def seed(self, crowds: Iterable[Crowd]) -> None:
        """Create the rooms of these crowds.

        Raises:
            BenchmarkError: the deployment does not create a room.
        """
        for crowd in crowds:
            members: list[Member] = []
            for start in range(
                0, crowd.users // crowd.room_size * crowd.room_size, crowd.room_size
            ):
                guests = self._deployment.guests[start : start + crowd.room_size]
                room = self._make_room(guests)
                members += [Member(one.id, one.session, one.csrf, room) for one in guests]
            write_crowd(self._crowd(crowd), members)

    def session(self, number: int, crowd: Crowd) -> SessionPlace:
        """Return the files of a session with one of the crowds."""
        folder = self._folder / f"session-{number}"
        folder.mkdir()
        return SessionPlace(folder, self._crowd(crowd), {})

    def discard(self, place: SessionPlace) -> None:
        """Remove the files of a session."""
        shutil.rmtree(place.folder, ignore_errors=True)

    def close(self) -> None:
        """Delete the rooms with their messages, and the files of the run."""
        for owner, room in self._rooms:
            with contextlib.suppress(httpx.HTTPError):  # this error may also have ended the run
                self._request(owner, "DELETE", f"/api/conversations/{room}")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _crowd(self, crowd: Crowd) -> Path:
        return self._folder / f"crowd-{crowd.users}-in-{crowd.room_size}.json"

    def _make_room(self, guests: Sequence[Guest]) -> int:
        """Create a room of these users; return its id."""
        owner, *others = guests
        group = protocol.NewGroup(
            kind="group", title="Benchmark", members=[one.id for one in others]
        )
        try:
            response = self._request(owner, "POST", "/api/conversations", group.model_dump_json())
        except httpx.HTTPError as error:
            raise BenchmarkError(f"No room can be made: {error}") from None
        if not response.is_success:
            raise BenchmarkError(f"No room can be made: HTTP {response.status_code}.")
        room = protocol.ConversationState.model_validate_json(response.content).id
        self._rooms.append((owner, room))
        return room

    def _request(
        self, guest: Guest, method: str, path: str, body: str | None = None
    ) -> httpx.Response:
        """Send a request as one of the users."""
        site = self._deployment.site
        with httpx.Client(
            base_url=site.url, verify=site.context or True, timeout=30, trust_env=False
        ) as http:
            return http.request(
                method,
                path,
                content=body,
                cookies={"sessionid": guest.session, "csrftoken": guest.csrf},
                headers={
                    "X-CSRFToken": guest.csrf,
                    "Content-Type": "application/json",
                    "Origin": self._deployment.place.http,
                },
            )


@dataclass
class TargetRunner(Runner):
    """A runner for a deployment: it starts no server, and measures no server resources."""

    deployment: Deployment = field(kw_only=True)

    def _workspace(self) -> Crowds:
        return Guests(self.deployment)

    def _start(self, _session: SessionPlan, _place: SessionPlace, _running: ExitStack) -> Started:
        return Started(self.deployment.place)
