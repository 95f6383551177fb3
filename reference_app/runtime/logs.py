"""Filters of log records."""

from __future__ import annotations

import logging


class OneLine(logging.Filter):
    """Removes the traceback of a record, and adds the exception to its line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the record; let it through in any case."""
        if record.exc_info and record.exc_info[1]:
            record.msg = f"{record.getMessage()}: {record.exc_info[1]}"
            record.args = None
            record.exc_info = record.exc_text = None
        return True
