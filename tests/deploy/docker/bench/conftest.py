"""Collects these tests only after a benchmark has run (scripts/dev/deploy-test)."""

import os

collect_ignore_glob = [] if os.environ.get("FAWRAN_STACK") else ["test_*.py"]
