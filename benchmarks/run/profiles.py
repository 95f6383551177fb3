"""Profiles: the three sizes of a run, with its durations, rates and numbers of users."""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.errors import BadRequest


@dataclass(frozen=True)
class Crowd:
    """A number of users, and the size of the rooms that they are in."""

    users: int
    room_size: int

    @property
    def in_one_room(self) -> bool:
        """Whether all users are in the same room."""
        return self.users == self.room_size


@dataclass(frozen=True)
class Profile:
    """The size of a run. Times are seconds; rates are per second.

    Every server is started ``repeats`` times, in rounds. Each start measures delivery in
    windows of ``block`` seconds: ``blocks`` of them on the candidate of the claims, and
    ``comparison_blocks`` on each other server. While a claim is open, further rounds start only
    the servers that it is about, as long as the whole run takes at most ``budget`` seconds. They
    have up to ``extra_blocks`` windows if the open question is how late deliveries are.

    A step of the search for the capacity lasts long enough for ``capacity_messages``, 1 % of
    which may be late, and for at least 1.5 times the delay of the transport itself. It always
    lasts between one and three times ``capacity_window``.
    With ``compares_capacity``, servers on which no claim is decided are also searched.

    With ``everything``, scenarios that otherwise run only on request also run.
    """

    name: str
    repeats: int
    users: int
    room_size: int
    messages_per_user: float
    warm_up: float
    idle: float
    block: float
    blocks: int
    comparison_blocks: int
    extra_blocks: int
    budget: float
    typists_per_second: float
    http_paced: float
    http_full: float
    http_users: int
    http_rate: float
    capacity_window: float
    capacity_messages: int
    compares_capacity: bool
    capacity_limit: int
    floor: float
    probes: int
    fanout_sockets: tuple[int, ...]
    fanout_window: float
    scale_sockets: int
    scale_window: float
    storing_writers: int
    storing_window: float
    restart_sockets: int
    restart_spread: float
    everything: bool = False

    @property
    def crowd(self) -> Crowd:
        """The usual crowd: as many users as the search for the capacity may need."""
        return Crowd(self.capacity_limit, self.room_size)


SMOKE = Profile(
    name="smoke",
    repeats=1,
    users=200,
    room_size=20,
    messages_per_user=1 / 20,
    warm_up=0.5,
    idle=0.5,
    block=3,
    blocks=1,
    comparison_blocks=1,
    extra_blocks=0,
    budget=90,
    typists_per_second=10,
    http_paced=0.5,
    http_full=1,
    http_users=10,
    http_rate=40,
    capacity_window=2,
    capacity_messages=20,
    compares_capacity=False,
    capacity_limit=280,
    floor=1,
    probes=2,
    fanout_sockets=(100,),
    fanout_window=1.5,
    scale_sockets=200,
    scale_window=3,
    storing_writers=20,
    storing_window=2,
    restart_sockets=80,
    restart_spread=1,
)

STANDARD = Profile(
    name="standard",
    repeats=3,
    users=500,
    room_size=20,
    messages_per_user=1 / 20,
    warm_up=1,
    idle=1,
    block=6,
    blocks=8,
    comparison_blocks=2,
    extra_blocks=10,
    budget=880,
    typists_per_second=10,
    http_paced=1,
    http_full=3,
    http_users=10,
    http_rate=40,
    capacity_window=3,
    capacity_messages=200,
    compares_capacity=True,
    capacity_limit=8000,
    floor=2,
    probes=3,
    fanout_sockets=(500,),
    fanout_window=3,
    scale_sockets=10_000,
    scale_window=30,
    storing_writers=100,
    storing_window=10,
    restart_sockets=2_000,
    restart_spread=10,
)

FULL = replace(
    STANDARD,
    name="full",
    repeats=6,
    warm_up=5,
    idle=10,
    block=10,
    blocks=6,
    comparison_blocks=6,
    extra_blocks=12,
    budget=4 * 3600,
    http_paced=10,
    http_full=10,
    capacity_window=10,
    capacity_messages=400,
    floor=20,
    probes=10,
    fanout_sockets=(500, 5000),
    fanout_window=5,
    scale_window=60,
    storing_window=20,
    everything=True,
)

PROFILES = {profile.name: profile for profile in (SMOKE, STANDARD, FULL)}


def with_repeats(profile: Profile, repeats: int) -> Profile:
    """Return the profile with another number of rounds; the budget grows if there are more."""
    budget = profile.budget * max(1.0, repeats / profile.repeats)
    return replace(profile, repeats=repeats, budget=budget)


def with_crowd(profile: Profile, crowd: Crowd) -> Profile:
    """Return the profile with the users and the room size of a crowd."""
    return replace(profile, users=crowd.users, room_size=crowd.room_size)


def find_profile(name: str) -> Profile:
    """Return a profile by name.

    Raises:
        BadRequest: there is no profile of that name.
    """
    if name not in PROFILES:
        raise BadRequest(f"Unknown profile {name!r}: there are {', '.join(PROFILES)}.")
    return PROFILES[name]
