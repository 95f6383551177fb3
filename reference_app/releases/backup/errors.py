"""The error of this package."""

from __future__ import annotations


class BackupError(Exception):
    """An operation is not possible and has changed nothing; the message contains the reason."""
