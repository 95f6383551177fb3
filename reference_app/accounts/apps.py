"""Accounts: who somebody is."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """The custom user, signing in and out, the demo's people."""

    name = "reference_app.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Register what follows people who sign in or out, and the system checks."""
        # They import models, which are there only now.
        from reference_app.accounts import checks, devices  # noqa: F401, PLC0415
