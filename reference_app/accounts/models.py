"""People."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from reference_app.chat.protocol import Person


class User(AbstractUser):
    """Somebody with an account; ``display_name`` is what others read."""

    display_name = models.CharField(max_length=80, blank=True)

    def as_person(self) -> Person:
        """Return this user as others see them."""
        return Person(id=self.pk, username=self.username, name=self.name)

    @property
    def name(self) -> str:
        """What to call this user."""
        return self.display_name or self.get_full_name() or self.username
