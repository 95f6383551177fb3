"""Password validators whose messages are translated where Django's are not."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import ngettext


class LongEnoughValidator(MinimumLengthValidator):
    """Django's validator; in Django 5.2 its message has no Arabic translation."""

    def get_error_message(self) -> str:
        """Return how long the password must be."""
        return ngettext(
            "This password is too short: it needs at least %(count)d character.",
            "This password is too short: it needs at least %(count)d characters.",
            self.min_length,
        ) % {"count": self.min_length}
