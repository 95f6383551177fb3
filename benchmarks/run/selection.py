"""What a run consists of: what was asked for, or else what the profile runs by itself."""

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
    """Return the scenarios of these names with what calibrates them, or the profile's own.

    Raises:
        BadRequest: there is none of a name.
    """
    if names:
        asked = {name: find_scenario(name) for name in names}
    else:
        due = {"always", "full"} if profile.everything else {"always"}
        asked = {one.name: one for one in scenarios().values() if one.when in due}
    for scenario in list(asked.values()):
        if scenario.calibrated_by:
            asked.setdefault(scenario.calibrated_by, find_scenario(scenario.calibrated_by))
    return list(asked.values())


def choose_servers(names: Sequence[str] | None, planned: Sequence[Scenario]) -> list[Server]:
    """Return the servers of these names, or all that take part in what is planned.

    Raises:
        BadRequest: there is none of a name, or it takes part in nothing that is planned.
    """
    measured = [scenario for scenario in planned if not scenario.calibration]
    if not names:
        known = servers().values()
        # The old server first: the order in which the claims compare them.
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
    """Return the servers that can be had, and why the others cannot; tells of each of these.

    Raises:
        BadRequest: none can be had.
    """
    here: list[Server] = []
    absent: dict[str, str] = {}
    for server in chosen:
        try:
            server.obtain()
        except NotObtainable as error:
            absent[server.name] = str(error)
            print(f"fawran: {server.name} is left out: {error}.", file=sys.stderr)
        else:
            here.append(server)
    if not here:
        raise BadRequest(f"There is nothing to measure: {', '.join(absent)} cannot be had.")
    return here, absent


def _name(server: Server) -> str:
    return server.name
