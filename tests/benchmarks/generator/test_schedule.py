from __future__ import annotations

import random
from itertools import islice

import numpy as np
import pytest

from benchmarks.generator.log import client_id_of, ref_of
from benchmarks.generator.schedule import poisson_ns


def test_a_schedule_has_the_rate_and_the_spread_of_independent_people() -> None:
    due = np.array(list(islice(poisson_ns(50, 0, random.Random(1)), 20_000)))
    gaps = np.diff(due) / 1e9
    assert (gaps >= 0).all()
    assert np.mean(gaps) == pytest.approx(1 / 50, rel=0.05)
    assert np.std(gaps) == pytest.approx(1 / 50, rel=0.05)


def test_the_same_seed_draws_the_same_schedule() -> None:
    first, second = (list(islice(poisson_ns(5, 0, random.Random(3)), 50)) for _ in range(2))
    assert first == second


def test_a_schedule_needs_a_rate() -> None:
    with pytest.raises(ValueError, match="positive"):
        next(poisson_ns(0, 0, random.Random(1)))


@pytest.mark.parametrize("ref", [1, 2**40 + 5, 2**61])
def test_a_client_id_carries_its_ref_and_is_a_uuid_of_version_8(ref: int) -> None:
    client_id = client_id_of(ref)
    assert ref_of(client_id) == ref
    assert client_id.version == 8
