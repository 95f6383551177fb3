"""Write the figures of the published runs into README.md and docs/benchmark.md.

Usage: python -m benchmarks.report.documents [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BadRecording, BenchmarkError
from benchmarks.recording import SCHEMA
from benchmarks.report.conclusion import conclude
from benchmarks.report.language import ENGLISH
from benchmarks.report.markdown import (
    VERDICT_WORDS,
    claims_markdown,
    fanout_markdown,
    figures_markdown,
)
from benchmarks.report.values import Json

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Passage:
    """A generated part of a document, made from published runs and placed between two comments.

    ``runs`` are folders of reports/. ``make`` gets their results in this order and returns the
    text.
    """

    document: str
    name: str
    runs: tuple[str, ...]
    make: Callable[[list[Json]], str]

    @property
    def begin(self) -> str:
        """The comment before the passage."""
        return f"<!-- {self.name}: begin -->"

    @property
    def end(self) -> str:
        """The comment after the passage."""
        return f"<!-- {self.name}: end -->"


def verdicts(results: list[Json]) -> str:
    """Return the conclusion of a run in one sentence, its table of claims, and its machine."""
    (found,) = results
    environment = found["environment"]
    sentence = ENGLISH.render(conclude(found).sentence)
    where = (
        f"Run `{found['run_id']}` on {environment['cores']} cores of {environment['cpu']} "
        f"({environment['virtualisation']}), profile `{found['profile']}`: "
        "the verdict, the value, and the change from the first column."
    )
    return f"\n**{sentence}**\n\n{claims_markdown(found)}\n\n{VERDICT_WORDS}\n\n{where}\n"


PASSAGES = (
    Passage("README.md", "verdicts", ("sample",), verdicts),
    Passage("docs/benchmark.md", "fan-out", ("fanout",), lambda found: fanout_markdown(found[0])),
    Passage("docs/benchmark.md", "figures", ("scale", "restart", "postgresql"), figures_markdown),
)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write the documents below a root, or check them; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.report.documents", description=__doc__
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if one differs")
    options = parser.parse_args(arguments)
    try:
        for name in dict.fromkeys(passage.document for passage in PASSAGES):
            path = root / name
            before = path.read_text(encoding="utf-8")
            after = filled(before, name, root)
            if options.check and before != after:
                raise BadRecording(f"{name} differs: run python -m benchmarks.report.documents.")
            path.write_text(after, encoding="utf-8")
    except (BenchmarkError, OSError) as error:
        print(f"fawran: {error}", file=sys.stderr)
        return 1
    return 0


def filled(text: str, name: str, root: Path) -> str:
    """Return a document with its passages generated again from the runs below a root.

    Raises:
        BadRecording: a comment is missing, or a run cannot be read.
    """
    for passage in PASSAGES:
        if passage.document == name:
            made = passage.make([published(root / "reports" / run) for run in passage.runs])
            before, begin, rest = text.partition(passage.begin)
            _old, end, after = rest.partition(passage.end)
            if not begin or not end:
                raise BadRecording(
                    f"{name} needs the comments {passage.begin} and {passage.end}, in this order."
                )
            text = f"{before}{begin}\n{made.strip()}\n{end}{after}"
    return text


def published(run: Path) -> Json:
    """Return the results of a published run.

    Raises:
        BadRecording: the results are missing, not readable, or of another schema.
    """
    path = run / "results.json"
    try:
        found: Json = json.loads(path.read_text(encoding="utf-8"))
        schema = found["schema"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadRecording(f"{path} cannot be read: {error}") from None
    if schema != SCHEMA:
        raise BadRecording(f"{path} has schema {schema}, not {SCHEMA}: make its report again.")
    return found


if __name__ == "__main__":
    sys.exit(main())
