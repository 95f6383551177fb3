"""Stop a server that loads the application if the configuration is refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured


@contextmanager
def refuse_in_one_line() -> Iterator[None]:
    """Turn a refused configuration into one line on stderr and exit status 1."""
    try:
        yield
    except ImproperlyConfigured as error:
        sys.exit(f"fawran: {error}")
