"""Show conversations and messages in Django's admin, read-only: chat/store makes all changes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from reference_app.chat.models import Conversation, Membership, Message


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """A model admin without changes: a change made here would have no seq and not be published."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Return False: nobody adds rows here."""
        return False

    def has_change_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Any = None,  # noqa: ARG002
    ) -> bool:
        """Return False: nobody changes rows here."""
        return False

    def has_delete_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Any = None,  # noqa: ARG002
    ) -> bool:
        """Return False: nobody deletes rows here."""
        return False


class Members(admin.TabularInline):  # type: ignore[type-arg]
    """The members of a conversation."""

    model = Membership
    fields = readonly_fields = ("user", "read_seq", "joined_at")
    extra = 0
    can_delete = False


@admin.register(Conversation)
class ConversationAdmin(ReadOnly):
    """The pages for conversations and their members."""

    list_display = ("id", "kind", "title", "last_seq", "created_at")
    list_filter = ("kind",)
    search_fields = ("title", "members__username")
    inlines = (Members,)


@admin.register(Message)
class MessageAdmin(ReadOnly):
    """The pages for messages."""

    list_display = ("id", "conversation", "seq", "sender", "created_at")
    list_select_related = ("conversation", "sender")
    search_fields = ("=sender__username",)
