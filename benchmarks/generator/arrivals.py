"""What arrived where and when, in columns: sixty thousand a second have to be noted cheaply.

A row is four machine numbers, not a tuple of objects: cheap to keep, and nothing that the
garbage collector has to look at.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.recording import TABLES

Integers = npt.NDArray[np.int64]
VIAS = ("sync", "push", "wait")
"""How a message can arrive: asked for, pushed over a socket, or answered to a long poll."""

_VIA_NUMBERS = {via: number for number, via in enumerate(VIAS)}


class Arrivals:
    """Every arrival that one generator saw, in order; times are nanoseconds."""

    def __init__(self) -> None:
        self._refs = array("q")
        self._recipients = array("q")
        self._times = array("q")
        self._vias = array("b")

    def __len__(self) -> int:
        return len(self._refs)

    def note(self, ref: int, recipient: int, at_ns: int, via: str) -> None:
        """Record that what was sent as ``ref`` reached a member, and in which of the VIAS."""
        self._refs.append(ref)
        self._recipients.append(recipient)
        self._times.append(at_ns)
        self._vias.append(_VIA_NUMBERS[via])

    def latencies_ns(self, intended_ns: Mapping[int, int]) -> Integers:
        """Return how long each first arrival took, of the refs whose intended time is given."""
        # Copies: an array cannot grow while numpy looks at it.
        refs, recipients, times = (
            np.array(column, dtype=np.int64)
            for column in (self._refs, self._recipients, self._times)
        )
        due = np.array(sorted(intended_ns), dtype=np.int64)
        if not len(due):
            return due
        index = np.searchsorted(due, refs)
        known = due[np.minimum(index, len(due) - 1)] == refs
        index, recipients, times = index[known], recipients[known], times[known]
        # One number for each pair: to sort pairs would take longer than they took to arrive.
        pairs = index * (recipients.max(initial=0) + 1) + recipients
        _pairs, first = np.unique(pairs, return_index=True)
        intended = np.array([intended_ns[ref] for ref in due.tolist()], dtype=np.int64)
        latencies: Integers = times[first] - intended[index[first]]
        return latencies

    def table(self, session: int) -> pa.Table:
        """Return the rows as the raw table ``received``."""
        via = pa.DictionaryArray.from_arrays(np.array(self._vias, dtype=np.int8), pa.array(VIAS))
        return pa.table(
            {
                "session": np.full(len(self), session, dtype=np.int32),
                "ref": np.array(self._refs),
                "recipient": np.array(self._recipients),
                "received_ns": np.array(self._times),
                "via": via.cast(pa.string()),
            },
            schema=TABLES["received"],
        )
