"""Convert numbers to the form that results.json uses."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.measure.deliveries import Floats, quantile
from benchmarks.measure.statistics import Estimate

Json = dict[str, Any]
PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999, "max": 1.0}


def percentiles(milliseconds: Floats) -> Json | None:
    """Return the usual percentiles in ms, or None where there are no samples.

    JSON has no infinity: an infinite percentile is null, and ``unbounded`` is true.
    """
    if not len(milliseconds):
        return None
    values = {name: quantile(milliseconds, share) for name, share in PERCENTILES.items()}
    found: Json = {
        name: round(value, 3) if math.isfinite(value) else None for name, value in values.items()
    }
    return found | {"unbounded": None in found.values()}


def interval(estimate: Estimate | None) -> list[float | None] | None:
    """Return the bounds of an estimate's 95 % interval; None if it has no interval.

    The bounds of an infinite estimate are undefined too, but they are known to be infinite.
    """
    if estimate is None:
        return None
    is_undefined = math.isnan(estimate.low) and math.isnan(estimate.high)
    if is_undefined and math.isfinite(estimate.value):
        return None
    return [number(estimate.low), number(estimate.high)]


def unbounded(value: float | None) -> bool:
    """Return whether a value is infinite, which JSON's null alone does not say."""
    return value is not None and math.isinf(value)


def number(value: float | None) -> float | None:
    """Return a number for JSON, with six significant digits; None if infinite or undefined."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.6g}")
