"""Chat: conversations, their events, and how they reach people."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    """The chat itself."""

    name = "reference_app.chat"
    label = "chat"
    verbose_name = _("Chat")

    def ready(self) -> None:
        """Connect the signal by which a database gets its prefix for Redis."""
        # Models can be imported only now.
        from reference_app.chat.site_prefix import create_prefix_after_migrations  # noqa: PLC0415

        create_prefix_after_migrations(self)
