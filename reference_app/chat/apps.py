"""Chat: conversations, their events, and how they reach people."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    """The chat itself."""

    name = "reference_app.chat"
    label = "chat"
    verbose_name = _("Chat")
