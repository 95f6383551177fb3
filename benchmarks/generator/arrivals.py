"""A log of arrivals in columns, which has to be cheap: sixty thousand rows are added a second.

A row is four machine numbers instead of a tuple of objects. That needs little memory, and the
garbage collector does not have to traverse it.
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
"""How a message can arrive: in a sync answer, pushed over a socket, or in a long-poll answer."""

_VIA_NUMBERS = {via: number for number, via in enumerate(VIAS)}


class Arrivals:
    """Every arrival at the users of one generator, in order; times are in nanoseconds."""

    def __init__(self) -> None:
        self._refs = array("q")
        self._recipients = array("q")
        self._times = array("q")
        self._vias = array("b")

    def __len__(self) -> int:
        return len(self._refs)

    def add(self, ref: int, recipient: int, at_ns: int, via: str) -> None:
        """Record that the message ``ref`` reached a member; ``via`` is one of VIAS."""
        self._refs.append(ref)
        self._recipients.append(recipient)
        self._times.append(at_ns)
        self._vias.append(_VIA_NUMBERS[via])

    def latencies_ns(self, intended_ns: Mapping[int, int]) -> Integers:
        """Return the latency of each first arrival, for the refs in ``intended_ns``.

        ``intended_ns`` has the intended send time of each ref.
        """
        # Copy the columns: an array cannot grow while numpy shares its memory.
        refs, recipients, times = (
            np.array(column, dtype=np.int64)
            for column in (self._refs, self._recipients, self._times)
        )
        wanted = np.array(sorted(intended_ns), dtype=np.int64)
        if not len(wanted):
            return wanted
        index = np.searchsorted(wanted, refs)
        is_wanted = wanted[np.minimum(index, len(wanted) - 1)] == refs
        index, recipients, times = index[is_wanted], recipients[is_wanted], times[is_wanted]
        # Encode each pair as one number: sorting pairs would take longer than their arrival.
        pairs = index * (recipients.max(initial=0) + 1) + recipients
        _pairs, first = np.unique(pairs, return_index=True)
        intended = np.array([intended_ns[ref] for ref in wanted.tolist()], dtype=np.int64)
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
