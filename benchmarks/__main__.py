"""`python -m benchmarks`: run a benchmark, or make the report of a run again."""

from __future__ import annotations

import sys

from benchmarks.cli import main

if __name__ == "__main__":
    sys.exit(main())
