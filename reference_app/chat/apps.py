"""The Django application of the chat: conversations, their events, and their delivery."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    """Configures the chat application."""

    name = "reference_app.chat"
    label = "chat"
    verbose_name = _("Chat")

    def ready(self) -> None:
        """Connect the signal handler that gives a database its prefix for Redis."""
        # Models cannot be imported before this.
        from reference_app.chat.fanout.site_prefix import create_prefix_after_migrations  # noqa: PLC0415

        create_prefix_after_migrations(self)
