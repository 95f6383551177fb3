"""Chat: conversations, their events, and how they reach people."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """The chat itself."""

    name = "reference_app.chat"
    label = "chat"
