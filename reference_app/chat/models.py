"""What a chat stores.

A conversation's history is its events: each has a ``seq``, one more than the last,
taken under the conversation's row lock in the transaction that stores it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from reference_app.chat.emoji import LONGEST


class Conversation(models.Model):
    """A direct conversation of two people, or a group.

    ``epoch`` rises when the history is thrown away, so that a stale cursor resets
    instead of resuming; ``last_seq`` is the seq of the newest event.
    """

    class Kind(models.TextChoices):
        """Direct conversations are named by the other person, groups by a title."""

        DIRECT = "direct"
        GROUP = "group"

    kind = models.CharField(max_length=6, choices=Kind)
    title = models.CharField(max_length=80, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="groups_owned",
        null=True,
        help_text="who made a group and may delete it; direct conversations have none",
    )
    direct_key = models.CharField(  # noqa: DJ001 - groups have none, and NULLs do not collide
        max_length=41,
        unique=True,
        null=True,
        help_text="the ids of the two people, lower first: there is one conversation a pair",
    )
    epoch = models.PositiveIntegerField(default=1)
    last_seq = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="conversations"
    )

    def __str__(self) -> str:
        return self.title or f"conversation {self.pk}"


class Membership(models.Model):
    """Somebody is in a conversation, and has read it up to ``read_seq``."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    read_seq = models.PositiveBigIntegerField(default=0)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "conversation"], name="membership_once_per_user"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id}"


class Message(models.Model):
    """What somebody wrote. ``client_id`` is made by the sender, so that a retry is harmless.

    A removed message keeps its row, and so its place in the order; its text is gone.
    """

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages"
    )
    seq = models.PositiveBigIntegerField()
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages"
    )
    client_id = models.UUIDField()
    text = models.TextField()
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    reply_to = models.ForeignKey(
        "self", on_delete=models.SET_NULL, related_name="replies", null=True, db_index=False
    )
    is_annotated = models.BooleanField(
        default=False,
        help_text="somebody is mentioned, or has reacted: plain messages need not be asked for it",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "client_id"], name="message_once_per_sender"),
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_once_per_seq"),
        ]
        indexes = [
            # Of replies alone: most messages are none, and pay nothing for it.
            models.Index(
                fields=["reply_to"], condition=Q(reply_to__isnull=False), name="message_replies"
            )
        ]

    def __str__(self) -> str:
        return f"message {self.pk} ({self.conversation_id}.{self.seq})"


class Mention(models.Model):
    """A message names a member."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentions"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "user"], name="mention_once_per_message")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in message {self.message_id}"


class Reaction(models.Model):
    """Somebody put an emoji on a message."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reactions"
    )
    emoji = models.CharField(max_length=LONGEST)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "user", "emoji"], name="reaction_once_per_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.emoji} on message {self.message_id}"


class Event(models.Model):
    """One durable change of a conversation."""

    class Kind(models.TextChoices):
        """The ``type`` of the frame that tells of it."""

        MESSAGE = "message"
        EDITED = "edited"
        REMOVED = "removed"
        REACTED = "reacted"
        READ = "read"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="events"
    )
    at = models.DateTimeField()
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="events", null=True)
    upto = models.PositiveBigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="event_once_per_seq")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.conversation_id}.{self.seq}"
