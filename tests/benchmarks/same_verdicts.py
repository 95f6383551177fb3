"""Check whether several runs have the same verdicts for every claim and way of serving.

    python tests/benchmarks/same_verdicts.py reports/RUN reports/RUN ...

If a run was disturbed, a claim may be `invalid` or `inconclusive` in it. Any other difference is
a contradiction between runs, and then the script exits with status 1.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

UNDECIDED = {"invalid", "inconclusive"}


def verdicts(run: Path) -> dict[tuple[str, str], str]:
    """Return the verdict of each claim and way of serving of a run."""
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))
    return {
        (claim["id"], answer["server"]): answer["verdict"]
        for claim in results["claims"]
        for answer in claim["answers"]
        if answer["verdict"]
    }


def by_claim(runs: Sequence[Path]) -> dict[tuple[str, str], list[str]]:
    """Return the verdicts of all runs, in their order, by claim and way of serving."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for run in runs:
        for key, verdict in verdicts(run).items():
            found[key].append(verdict)
    return dict(found)


def contradictions(found: dict[tuple[str, str], list[str]]) -> list[tuple[str, str]]:
    """Return the claims and ways of serving for which runs have different verdicts."""
    return [key for key, of_all_runs in found.items() if len(set(of_all_runs) - UNDECIDED) > 1]


def main(runs: Sequence[Path]) -> int:
    """Print a line for each claim and way of serving; return 1 if runs contradict each other."""
    found = by_claim(runs)
    differ = contradictions(found)
    for (claim, server), of_all_runs in found.items():
        mark = "DIFFERS" if (claim, server) in differ else ""
        print(f"{claim:18}{server:18}{'  '.join(f'{one:14}' for one in of_all_runs)} {mark}")
    undecided = sum(one in UNDECIDED for of_all_runs in found.values() for one in of_all_runs)
    print(f"{len(found)} answers in {len(runs)} runs: {len(differ)} differ, {undecided} undecided")
    return bool(differ)


if __name__ == "__main__":
    sys.exit(main([Path(one) for one in sys.argv[1:]]))
