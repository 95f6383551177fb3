"""The log that a generator writes while it runs, converted to tables at the end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
import pyarrow as pa

from benchmarks.generator.arrivals import Arrivals
from benchmarks.measure.health import GeneratorHealth, health
from benchmarks.recording import NEVER, TABLES, Recording

MESSAGE = "message"
TYPING = "typing"


def client_id_of(ref: int) -> UUID:
    """Return the client_id that contains a ref, so that an arrival identifies its message.

    The variant and version bits of UUID version 8 (RFC 9562, section 5.8) are set. The ref,
    which is unique in a session, is in the low 62 bits.
    """
    return UUID(int=(8 << 76) | (2 << 62) | ref)


def ref_of(client_id: UUID) -> int:
    """Return the ref that a client_id contains."""
    return client_id.int & ((1 << 62) - 1)


@dataclass
class Sent:
    """A message or typing notice, and its times: intended, sent and acknowledged."""

    kind: str
    ref: int
    sender: int
    conversation: int
    intended_ns: int
    sent_ns: int = NEVER
    acked_ns: int = NEVER
    seq: int = NEVER


@dataclass
class Log:
    """Everything that one generator recorded in one session."""

    session: int
    generator: int
    sent: dict[int, Sent] = field(default_factory=dict)
    received: Arrivals = field(default_factory=Arrivals)
    operations: list[tuple[str, int, int, bool, str]] = field(default_factory=list)
    health: list[tuple[int, int, int]] = field(default_factory=list)
    typists: dict[tuple[int, int], int] = field(default_factory=dict)

    def arrived(self, client_id: UUID, recipient: int, at_ns: int, via: str) -> None:
        """Record that a message reached a member."""
        self.received.add(ref_of(client_id), recipient, at_ns, via)

    def typing_arrived(
        self, conversation: int, typist: int, recipient: int, at_ns: int, via: str
    ) -> None:
        """Record that a typing notice reached a member."""
        ref = self.typists.get((conversation, typist))
        if ref is not None:
            self.received.add(ref, recipient, at_ns, via)

    def done(self, kind: str, start_ns: int, *, ok: bool = True, detail: str = "") -> None:
        """Record the result of a request, connection or send that ends now."""
        self.operations.append((kind, start_ns, time.monotonic_ns() - start_ns, ok, detail))

    def health_within(self, start_ns: int, end_ns: int, due: Sequence[Sent]) -> GeneratorHealth:
        """Return the generator's health between two times, by the rule of the judgement.

        ``due`` are the messages that were scheduled between them.
        """
        slips = [sent.sent_ns - sent.intended_ns for sent in due if sent.sent_ns != NEVER]
        due_ns, lag_ns, cpu_ns = np.array(self.health, dtype=np.int64).reshape(-1, 3).T
        return health(
            self.generator,
            (due_ns, lag_ns, cpu_ns),
            (start_ns, end_ns),
            float(np.quantile(slips or [0], 0.99)) / 1e6,
        )

    def recording(self) -> Recording:
        """Return the log as tables."""
        recording = Recording()
        recording.add_table("received", self.received.table(self.session))
        for name, rows in self._collect_rows().items():
            columns = list(zip(*rows, strict=True)) if rows else []
            if not columns:
                continue
            schema = TABLES[name]
            recording.add_table(
                name,
                pa.table(
                    [pa.array(column, schema.field(i).type) for i, column in enumerate(columns)],
                    schema=schema,
                ),
            )
        return recording

    def _collect_rows(self) -> dict[str, list[tuple[object, ...]]]:
        return {
            "sent": [
                (
                    self.session,
                    sent.kind,
                    sent.ref,
                    sent.sender,
                    sent.conversation,
                    sent.intended_ns,
                    sent.sent_ns,
                    sent.acked_ns,
                    sent.seq,
                )
                for sent in self.sent.values()
            ],
            "operations": [(self.session, *row) for row in self.operations],
            "health": [(self.session, self.generator, *row) for row in self.health],
        }
