"""The app of user accounts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """The custom user model, signing in and out, and the demo's users."""

    name = "reference_app.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Register the signal handlers for signing in and out, and the system checks."""
        # They import models, which can be imported only now.
        from reference_app.accounts import checks, devices  # noqa: F401, PLC0415
