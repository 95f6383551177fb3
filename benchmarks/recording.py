"""The raw data of a run: one Parquet file per table, and a manifest.

This is the interface between measuring servers and judging them. A report is made from these
files alone. All ``*_ns`` times are nanoseconds of the machine's monotonic clock, which all
processes share.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.errors import BadRecording

SCHEMA = 2
"""Version of the manifest and of the tables; a run of another version is refused."""

MAX_MANIFEST_BYTES = 4 << 20
"""Largest size of a manifest. Manifests have some kilobytes, so a larger file is not one."""

PROCESSORS = "processors"
LOCUST_HEALTH = "locust-health"
CHECKS = frozenset({PROCESSORS, LOCUST_HEALTH})
"""Data that a run may have been recorded without; checks of this data do not apply to it."""

GENERATORS_FROM, LOCUST_FROM = 0, 100
"""First number of the chat's generators, and of Locust's, in the table ``health``."""

SERVER_SIDE, GENERATOR_SIDE = "server", "generators"
"""The two sides in the table ``processors``: what a processor is used for."""

PROCESS = "process"
"""The kind, in the table ``operations``, of a server's process that ended by itself."""

CONDUCTOR = "conductor"
"""The role, in the table ``resources``, of the process that controls the run and samples."""

INT = pa.int64()
SMALL = pa.int32()
TEXT = pa.string()

TABLES: dict[str, pa.Schema] = {
    # One start of one server. `arm` is "control" for the second starts of the baseline.
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
    # A period of a session that is evaluated. A message that was intended in it and has not
    # arrived by its deadline counts as lost.
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
    # Messages and typing notices: when each was intended, sent and acknowledged.
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
    # Every arrival at another member, including duplicates, in order of arrival.
    "received": pa.schema(
        {"session": SMALL, "ref": INT, "recipient": INT, "received_ns": INT, "via": TEXT}
    ),
    # Counts and histograms of a window's messages, instead of the single arrivals where these
    # are too many to keep (measure/digest.py).
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
    # Requests, connections and their failures; also, with the kind PROCESS, processes of the
    # server that ended by themselves.
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
    # The health of a generator: at each tick of a fixed grid, the lag of its event loop, and its
    # CPU time at that moment (at_ns + lag_ns). Locust's numbers begin at 100.
    "health": pa.schema(
        {"session": SMALL, "generator": SMALL, "at_ns": INT, "lag_ns": INT, "cpu_ns": INT}
    ),
    # The resources that the server's processes, Redis and this benchmark (the conductor) use:
    # memory now, CPU time so far, and how many of the role's processes have ended so far.
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
    # The kernel's counters of each pinned processor, for all programs: time spent in them (user,
    # nice, system, and interrupts where they are charged to programs: resources.py), and time
    # that the hypervisor gave to others. The side says whether the processor is for the server
    # or for the generators.
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
    # Requests of the HTTP load: when each was intended, when a user was free to send it, and when
    # it began. A request that never began has NEVER for its start and its duration.
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
    # Whether a server offers a capability.
    "probes": pa.schema(
        {"session": SMALL, "capability": TEXT, "offered": pa.bool_(), "detail": TEXT}
    ),
}

NEVER = -1
"""The value of a time or seq that does not exist."""


@dataclass(frozen=True)
class Window:
    """A measured period of a session; its messages have to arrive by ``deadline_ns``."""

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
        """The length of the window."""
        return (self.end_ns - self.start_ns) / 1e9


@dataclass
class Manifest:
    """The description of a run: its parameters, its environment, and whether it is complete.

    ``rounds`` is the number of rounds in which servers were started. ``timeline`` has the
    seconds spent by server and activity. ``absent`` has the servers that were requested but are
    not available, and why. ``deaths`` has the processes of servers that ended by themselves:
    server, arm, start, scenario, how, log, and the scenarios that were ``left_out`` because of
    it. ``servers`` has how each server was started (run/server_environment.py).
    ``recorded_without`` names the data of CHECKS that is missing in the raw data: checks of this
    data do not apply to this run.
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
            BadRecording: there is no manifest, it cannot be read, or it has another schema.
        """
        path = run / "manifest.json"
        try:
            if path.stat().st_size > MAX_MANIFEST_BYTES:
                raise BadRecording(f"{path} is too large for a manifest.")
            found = json.loads(path.read_text(encoding="utf-8"))
            _check_schema(path, found.get("schema", 1) if isinstance(found, dict) else None)
            _check_fields(path, found.keys(), [each.name for each in fields(cls)])
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
        """Write the manifest of a run atomically."""
        new = run / "manifest.json.new"
        new.write_text(json.dumps(self.__dict__, indent=2) + "\n", encoding="utf-8")
        new.replace(run / "manifest.json")


@dataclass
class Recording:
    """Raw tables in memory, to be written to a run's folder or read from it."""

    parts: dict[str, list[pa.Table]] = field(default_factory=dict)

    def add(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Append rows to a table."""
        if rows:
            self.add_table(table, pa.Table.from_pylist(rows, schema=TABLES[table]))

    def add_table(self, table: str, rows: pa.Table) -> None:
        """Append rows that are already a table of the right schema."""
        self.parts.setdefault(table, []).append(rows.cast(TABLES[table]))

    def extend(self, other: Recording) -> None:
        """Append all tables of another recording."""
        for table, parts in other.parts.items():
            for part in parts:
                self.add_table(table, part)

    def frame(self, table: str) -> pd.DataFrame:
        """Return a table for analysis, empty if nothing was recorded in it."""
        whole = pa.concat_tables(self.parts.get(table, [TABLES[table].empty_table()]))
        frame: pd.DataFrame = whole.to_pandas()
        return frame

    def write(self, run: Path) -> None:
        """Write every table, even an empty one, to RUN/raw/TABLE.parquet."""
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
            BadRecording: a table is missing, cannot be read, or has another schema.
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
    """Refuse data of another version of the schema.

    Raises:
        BadRecording: the version is another one.
    """
    if str(found) != str(SCHEMA):
        raise BadRecording(f"{path} is of schema {found}; this version reads schema {SCHEMA}.")


def _check_fields(path: Path, found: Collection[str], wanted: Collection[str]) -> None:
    """Refuse a manifest that lacks a field or has one that is not known.

    Raises:
        BadRecording: it does; the message names the field.
    """
    for name in wanted:
        if name not in found:
            raise BadRecording(f"{path} has no field {name!r}.")
    for name in found:
        if name not in wanted:
            raise BadRecording(f"{path} has the unknown field {name!r}.")


def _check_table(path: Path, found: pa.Schema, wanted: pa.Schema) -> None:
    """Refuse a table of another version, or with other columns than this version has.

    Raises:
        BadRecording: the version differs or is missing, or columns are missing or unknown; the
            message names the columns.
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
    """Return in one line why a file cannot be read."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
