"""What is logged, and how."""

from __future__ import annotations

import logging


class OneLine(logging.Filter):
    """Lets a record through without its traceback: the exception goes into the line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the record."""
        if record.exc_info and record.exc_info[1]:
            record.msg = f"{record.getMessage()}: {record.exc_info[1]}"
            record.args = None
            record.exc_info = record.exc_text = None
        return True
