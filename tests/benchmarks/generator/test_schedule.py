from __future__ import annotations

import random
from itertools import islice

import numpy as np
import pytest

from benchmarks.generator.log import client_id_of, ref_of
from benchmarks.generator.schedule import poisson_ns


def test_intervals_have_the_mean_and_deviation_of_a_poisson_process() -> None:
    times_ns = np.array(list(islice(poisson_ns(50, 0, random.Random(1)), 20_000)))
    intervals_s = np.diff(times_ns) / 1e9
    assert (intervals_s >= 0).all()
    assert np.mean(intervals_s) == pytest.approx(1 / 50, rel=0.05)
    assert np.std(intervals_s) == pytest.approx(1 / 50, rel=0.05)


def test_the_same_seed_gives_the_same_schedule() -> None:
    first, second = (list(islice(poisson_ns(5, 0, random.Random(3)), 50)) for _ in range(2))
    assert first == second


def test_a_rate_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        next(poisson_ns(0, 0, random.Random(1)))


@pytest.mark.parametrize("ref", [1, 2**40 + 5, 2**61])
def test_a_client_id_contains_its_ref_and_is_a_uuid_of_version_8(ref: int) -> None:
    client_id = client_id_of(ref)
    assert ref_of(client_id) == ref
    assert client_id.version == 8
