"""Numbers as results.json has them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.measure.deliveries import Floats
from benchmarks.measure.statistics import Estimate

Json = dict[str, Any]


def percentiles(milliseconds: Floats) -> Json | None:
    """Return the usual percentiles in ms, or None where there are no samples."""
    if not len(milliseconds):
        return None
    quantiles = np.quantile(milliseconds, [0.5, 0.9, 0.99, 0.999, 1.0])
    names = ("p50", "p90", "p99", "p999", "max")
    return {name: round(float(q), 3) for name, q in zip(names, quantiles, strict=True)}


def interval(estimate: Estimate | None) -> list[float | None] | None:
    """Return the bounds of an estimate's 95 % interval."""
    return [number(estimate.low), number(estimate.high)] if estimate else None


def number(value: float | None) -> float | None:
    """Return a number that JSON has; what is infinite or undefined is null."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.6g}")
