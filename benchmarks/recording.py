"""The raw data of a run: one Parquet file per table, and a manifest.

This is the interface between driving servers and judging them. Everything that a
report says follows from these files alone. All ``*_ns`` times are nanoseconds of the
machine's one monotonic clock, which processes share.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.errors import BadRecording

SCHEMA = 2
"""Version of the manifest and of the tables; a run of another version is refused."""

MAX_MANIFEST_BYTES = 4 << 20
"""A manifest is some kilobytes; anything larger is not one of ours."""

PROCESSORS = "processors"
LOCUST_HEALTH = "locust-health"
CHECKS = frozenset({PROCESSORS, LOCUST_HEALTH})
"""What a run may have been recorded without, so that checks of it cannot apply."""

GENERATORS_FROM, LOCUST_FROM = 0, 100
"""First number of the chat's generators, and of Locust's, in the table ``health``."""

SERVER_SIDE, GENERATOR_SIDE = "server", "generators"
"""Whose a processor is, in the table ``processors``."""

PROCESS = "process"
"""The kind, in the table ``operations``, of a server's process that ended by itself."""

CONDUCTOR = "conductor"
"""The role, in the table ``resources``, of the process that drives the run and samples."""

INT = pa.int64()
SMALL = pa.int32()
TEXT = pa.string()

TABLES: dict[str, pa.Schema] = {
    # One server, started once. `arm` is "control" for the second starts of the baseline.
    "sessions": pa.schema(
        {
            "session": SMALL,
            "server": TEXT,
            "transport": TEXT,
            "repeat": SMALL,
            "arm": TEXT,
            "start_ns": INT,
        }
    ),
    # A stretch of a session that counts: what was intended in it is judged at its deadline.
    "windows": pa.schema(
        {
            "session": SMALL,
            "scenario": TEXT,
            "phase": TEXT,
            "users": SMALL,
            "room_size": SMALL,
            "start_ns": INT,
            "end_ns": INT,
            "deadline_ns": INT,
        }
    ),
    # Messages and typing notices: when they were due, left, and were acknowledged.
    "sent": pa.schema(
        {
            "session": SMALL,
            "kind": TEXT,
            "ref": INT,
            "sender": INT,
            "conversation": INT,
            "intended_ns": INT,
            "sent_ns": INT,
            "acked_ns": INT,
            "seq": INT,
        }
    ),
    # Every arrival at another member, repeats included, in order of arrival.
    "received": pa.schema(
        {"session": SMALL, "ref": INT, "recipient": INT, "received_ns": INT, "via": TEXT}
    ),
    # In place of single arrivals, what became of a window's messages where they are too many
    # to keep (measure/digest.py): counts, and histograms of the times.
    "digests": pa.schema(
        {
            "session": SMALL,
            "start_ns": INT,
            "sent": INT,
            "unsent": INT,
            "unacknowledged": INT,
            "expected": INT,
            "received": INT,
            "lost": INT,
            "duplicated": INT,
            "reordered": INT,
            "recovered": INT,
            "early": INT,
            "unexpected": INT,
            "slowest_first_ms": pa.float64(),
        }
    ),
    "histograms": pa.schema(
        {
            "session": SMALL,
            "start_ns": INT,
            "times": TEXT,
            "middle_us": pa.float64(),
            "count": INT,
        }
    ),
    # Requests, connections and their failures; also, as PROCESS, a process of the server that
    # ended by itself.
    "operations": pa.schema(
        {
            "session": SMALL,
            "kind": TEXT,
            "start_ns": INT,
            "duration_ns": INT,
            "ok": pa.bool_(),
            "detail": TEXT,
        }
    ),
    # How a generator itself fared: at each tick of a fixed grid, how late its event loop was
    # for it, and its CPU time at that moment (at_ns + lag_ns). Locust's numbers begin at 100.
    "health": pa.schema(
        {"session": SMALL, "generator": SMALL, "at_ns": INT, "lag_ns": INT, "cpu_ns": INT}
    ),
    # What the server's processes, Redis and this benchmark (the conductor) used: memory now, CPU
    # time so far, and how many of the role's processes have ended so far.
    "resources": pa.schema(
        {
            "session": SMALL,
            "at_ns": INT,
            "role": TEXT,
            "pss_bytes": INT,
            "cpu_ns": INT,
            "ended": INT,
        }
    ),
    # What the kernel counted on each pinned processor, for all programs: time spent in them
    # (user, nice, system, and interrupts where they are charged to programs: resources.py), and
    # time that the hypervisor gave to others. The side is whose the processor is: the server's
    # or the generators'.
    "processors": pa.schema(
        {
            "session": SMALL,
            "at_ns": INT,
            "cpu": SMALL,
            "side": TEXT,
            "busy_ns": INT,
            "steal_ns": INT,
        }
    ),
    # Requests of the HTTP load: when each was due, when a user was free to make it, and when it
    # began. One that was due and never began has NEVER for its start and its duration.
    "http": pa.schema(
        {
            "session": SMALL,
            "phase": TEXT,
            "name": TEXT,
            "intended_ns": INT,
            "free_ns": INT,
            "start_ns": INT,
            "duration_ns": INT,
            "ok": pa.bool_(),
        }
    ),
    # Whether a server offers something at all.
    "probes": pa.schema(
        {"session": SMALL, "capability": TEXT, "offered": pa.bool_(), "detail": TEXT}
    ),
}

NEVER = -1
"""In place of a time or seq that did not come."""


@dataclass(frozen=True)
class Window:
    """A stretch of a session; what is intended in it has until ``deadline_ns`` to arrive."""

    session: int
    scenario: str
    phase: str
    users: int
    room_size: int
    start_ns: int
    end_ns: int
    deadline_ns: int

    @property
    def seconds(self) -> float:
        """How long the window is."""
        return (self.end_ns - self.start_ns) / 1e9


@dataclass
class Manifest:
    """What the raw data is of, and whether all of it is there.

    ``rounds`` is the number of rounds in which servers were started; ``timeline`` has the
    seconds spent by server and activity. ``absent`` has the servers that were asked for and
    could not be had, and why. ``deaths`` has the processes of servers that ended by themselves:
    server, arm, start, scenario, how, log, and the scenarios that were ``left_out`` for it.
    ``servers`` has how each server was started (run/server_environment.py).
    ``recorded_without`` names what the raw data does not have, of CHECKS: checks of it do not
    apply to this run.
    """

    run_id: str
    profile: str
    parameters: dict[str, Any]
    environment: dict[str, Any]
    complete: bool = False
    stopped_by: str = ""
    seconds: float = 0.0
    rounds: int = 0
    timeline: list[dict[str, str | float]] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    deaths: list[dict[str, Any]] = field(default_factory=list)
    servers: dict[str, Any] = field(default_factory=dict)
    recorded_without: list[str] = field(default_factory=list)
    schema: int = SCHEMA

    @classmethod
    def read(cls, run: Path) -> Manifest:
        """Return the manifest of a run.

        Raises:
            BadRecording: there is none, it is not one of ours, or of another schema.
        """
        path = run / "manifest.json"
        try:
            if path.stat().st_size > MAX_MANIFEST_BYTES:
                raise BadRecording(f"{path} is too large for a manifest.")
            found = json.loads(path.read_text(encoding="utf-8"))
            _check_schema(path, found.get("schema", 1) if isinstance(found, dict) else None)
            manifest = cls(**found)
        except FileNotFoundError:
            raise BadRecording(f"{run} holds no run: there is no manifest.json in it.") from None
        except NotADirectoryError:
            raise BadRecording(f"{run} is no folder of a run.") from None
        except (OSError, ValueError, TypeError) as error:
            raise BadRecording(f"{path} cannot be read: {_why(error)}") from None
        if unknown := set(manifest.recorded_without) - CHECKS:
            raise BadRecording(f"{path}: recorded_without has unknown {', '.join(unknown)}.")
        return manifest

    def write(self, run: Path) -> None:
        """Write the manifest of a run, whole or not at all."""
        new = run / "manifest.json.new"
        new.write_text(json.dumps(self.__dict__, indent=2) + "\n", encoding="utf-8")
        new.replace(run / "manifest.json")


@dataclass
class Recording:
    """Raw tables in memory, on the way to or from a run's folder."""

    parts: dict[str, list[pa.Table]] = field(default_factory=dict)

    def add(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Append rows to a table."""
        if rows:
            self.add_table(table, pa.Table.from_pylist(rows, schema=TABLES[table]))

    def add_table(self, table: str, rows: pa.Table) -> None:
        """Append rows that are a table of the right schema already."""
        self.parts.setdefault(table, []).append(rows.cast(TABLES[table]))

    def extend(self, other: Recording) -> None:
        """Append all that another recording has."""
        for table, parts in other.parts.items():
            for part in parts:
                self.add_table(table, part)

    def frame(self, table: str) -> pd.DataFrame:
        """Return a table for analysis, empty if nothing was recorded in it."""
        whole = pa.concat_tables(self.parts.get(table, [TABLES[table].empty_table()]))
        frame: pd.DataFrame = whole.to_pandas()
        return frame

    def write(self, run: Path) -> None:
        """Write every table to RUN/raw/TABLE.parquet, empty ones too."""
        raw = run / "raw"
        raw.mkdir(parents=True, exist_ok=True)
        for name, schema in TABLES.items():
            whole = pa.concat_tables(self.parts.get(name, [schema.empty_table()]))
            pq.write_table(
                whole.replace_schema_metadata({SCHEMA_KEY: str(SCHEMA)}),
                raw / f"{name}.parquet",
                compression="zstd",
                column_encoding={
                    column: "DELTA_BINARY_PACKED"
                    for column in schema.names
                    if schema.field(column).type in (INT, SMALL)
                },
                use_dictionary=[
                    column for column in schema.names if schema.field(column).type == TEXT
                ],
            )

    @classmethod
    def read(cls, run: Path) -> Recording:
        """Return the tables of a run.

        Raises:
            BadRecording: a table is missing, not readable, or of another schema.
        """
        recording = cls()
        for name, schema in TABLES.items():
            path = run / "raw" / f"{name}.parquet"
            try:
                table = pq.read_table(path)
                _check_table(path, table.schema, schema)
                recording.add_table(name, table.replace_schema_metadata())
            except FileNotFoundError:
                raise BadRecording(f"{path} is missing.") from None
            except (OSError, ValueError, pa.ArrowException) as error:
                raise BadRecording(f"{path} cannot be read: {_why(error)}") from None
        return recording


SCHEMA_KEY = b"fawran-schema"


def _check_schema(path: Path, found: object) -> None:
    """Refuse data of another version.

    Raises:
        BadRecording: it is.
    """
    if str(found) != str(SCHEMA):
        raise BadRecording(f"{path} is of schema {found}; this version reads schema {SCHEMA}.")


def _check_table(path: Path, found: pa.Schema, wanted: pa.Schema) -> None:
    """Refuse a table of another version, or whose columns are not those of this version.

    Raises:
        BadRecording: the table is one of these; a column that is missing or unknown is named.
    """
    version = (found.metadata or {}).get(SCHEMA_KEY)
    if version is not None:
        _check_schema(path, version.decode(errors="replace"))
    if missing := [one for one in wanted.names if one not in found.names]:
        raise BadRecording(f"{path} has no column {', '.join(map(repr, missing))}.")
    if unknown := [one for one in found.names if one not in wanted.names]:
        raise BadRecording(f"{path} has an unknown column {', '.join(map(repr, unknown))}.")
    if version is None:
        raise BadRecording(f"{path} names no schema; this version reads schema {SCHEMA}.")


def _why(error: Exception) -> str:
    """Return on one line why something cannot be read."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
