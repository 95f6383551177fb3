"""Select the scenarios and servers of a run: those that were named, or those of the profile."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.errors import BadRequest, NotObtainable
from benchmarks.run.plan import takes_part
from benchmarks.run.profiles import Profile
from benchmarks.scenarios.base import Scenario
from benchmarks.scenarios.registry import find_scenario, scenarios
from benchmarks.servers.base import Server
from benchmarks.servers.registry import find_server, servers


def choose_scenarios(names: Sequence[str] | None, profile: Profile) -> list[Scenario]:
    """Return the scenarios of these names, or the profile's, and those that calibrate them.

    Raises:
        BadRequest: there is no scenario of a name.
    """
    if names:
        chosen = {name: find_scenario(name) for name in names}
    else:
        included = {"always", "full"} if profile.everything else {"always"}
        chosen = {one.name: one for one in scenarios().values() if one.when in included}
    for scenario in list(chosen.values()):
        if scenario.calibrated_by:
            chosen.setdefault(scenario.calibrated_by, find_scenario(scenario.calibrated_by))
    return list(chosen.values())


def choose_servers(names: Sequence[str] | None, planned: Sequence[Scenario]) -> list[Server]:
    """Return the servers of these names, or all servers that the claims or scenarios need.

    Raises:
        BadRequest: there is no server of a name, or no planned scenario can run on it.
    """
    measured = [scenario for scenario in planned if not scenario.calibration]
    if not names:
        known = servers().values()
        # The old server comes first, because the claims compare the new one with it.
        judged = sorted((one for one in known if one.role == "judged"), key=_name, reverse=True)
        others = sorted((one for one in known if one.role != "judged"), key=_name)
        return judged + [
            one for one in others if any(takes_part(one, scenario) for scenario in measured)
        ]
    chosen = [find_server(name) for name in names]
    for server in chosen:
        if measured and not any(takes_part(server, scenario) for scenario in measured):
            planned_names = ", ".join(scenario.name for scenario in measured)
            raise BadRequest(f"{server.name} takes no part in {planned_names}.")
    return chosen


def obtain(chosen: Sequence[Server]) -> tuple[list[Server], dict[str, str]]:
    """Return the servers that are available, and why the others are not; print these reasons.

    Raises:
        BadRequest: no server is available.
    """
    available: list[Server] = []
    absent: dict[str, str] = {}
    for server in chosen:
        try:
            server.obtain()
        except NotObtainable as error:
            absent[server.name] = str(error)
            print(f"fawran: {server.name} is left out: {error}.", file=sys.stderr)
        else:
            available.append(server)
    if not available:
        raise BadRequest(f"There is nothing to measure: {', '.join(absent)} cannot be had.")
    return available, absent


def _name(server: Server) -> str:
    return server.name
