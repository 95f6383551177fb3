"""People."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from reference_app.chat.protocol import Person


class User(AbstractUser):
    """Somebody with an account; ``display_name`` and ``about`` are what others read.

    ``last_seen`` is when one's page last told that it is being looked at.
    """

    display_name = models.CharField(max_length=80, blank=True)
    about = models.CharField(max_length=280, blank=True)
    last_seen = models.DateTimeField(null=True, editable=False)

    def as_person(self) -> Person:
        """Return this user as others see them."""
        return Person(id=self.pk, username=self.username, name=self.name)

    @property
    def name(self) -> str:
        """What to call this user."""
        return self.display_name or self.get_full_name() or self.username
