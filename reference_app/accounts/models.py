"""Users, and the devices on which they are signed in."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from reference_app.protocol import Person


class User(AbstractUser):
    """A user account; other users see ``display_name`` and ``about``.

    ``last_seen`` is the last time that the user's page reported it was in view.
    """

    display_name = models.CharField(_("display name"), max_length=80, blank=True)
    about = models.CharField(_("about"), max_length=280, blank=True)
    last_seen = models.DateTimeField(_("last seen"), null=True, editable=False)

    def as_person(self) -> Person:
        """Return this user as others see them."""
        return Person(id=self.pk, username=self.username, name=self.name)

    @property
    def name(self) -> str:
        """The name to show for this user."""
        return name_of(self.username, self.display_name, self.first_name, self.last_name)


NAME_FIELDS = ("username", "display_name", "first_name", "last_name")
"""The fields of a user's name, in the order of the parameters of ``name_of``."""


def name_of(username: str, display_name: str, first_name: str, last_name: str) -> str:
    """Return the name to show for a user."""
    return display_name or f"{first_name} {last_name}".strip() or username


class Device(models.Model):
    """A browser in which a user is signed in; ``agent`` is its User-Agent header."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="devices",
    )
    session_key = models.CharField(_("session"), max_length=40, unique=True)
    agent = models.CharField(_("browser"), max_length=300, blank=True)
    signed_in = models.DateTimeField(_("signed in at"), auto_now_add=True)
    last_used = models.DateTimeField(_("last used at"))

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")

    def __str__(self) -> str:
        return f"device {self.pk} of {self.user_id}"
