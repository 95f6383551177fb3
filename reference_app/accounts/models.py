"""People, and where they are signed in."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from reference_app.chat.protocol import Person


class User(AbstractUser):
    """Somebody with an account; ``display_name`` and ``about`` are what others read.

    ``last_seen`` is when one's page last told that it is being looked at.
    """

    display_name = models.CharField(_("display name"), max_length=80, blank=True)
    about = models.CharField(_("about"), max_length=280, blank=True)
    last_seen = models.DateTimeField(_("last seen"), null=True, editable=False)

    def as_person(self) -> Person:
        """Return this user as others see them."""
        return Person(id=self.pk, username=self.username, name=self.name)

    @property
    def name(self) -> str:
        """What to call this user."""
        return name_of(self.username, self.display_name, self.first_name, self.last_name)


NAME_FIELDS = ("username", "display_name", "first_name", "last_name")
"""What a user's name is made of, in the order that ``name_of`` takes it."""


def name_of(username: str, display_name: str, first_name: str, last_name: str) -> str:
    """Return what to call a user."""
    return display_name or f"{first_name} {last_name}".strip() or username


class Device(models.Model):
    """A browser that somebody is signed in with; ``agent`` is what it says of itself."""

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
