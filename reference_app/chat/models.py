"""The database models of the chat.

A conversation's history is its events. Each event has a ``seq``, one more than the seq before it.
The transaction that stores an event locks the conversation's row before it takes the seq.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from reference_app.protocol import Attachment
from reference_app.protocol.emoji import LONGEST


class Conversation(models.Model):
    """A direct conversation of two people, or a group.

    ``epoch`` is increased when the history is discarded, so that a client with an old cursor
    resets instead of resuming. ``last_seq`` is the seq of the newest event.
    """

    class Kind(models.TextChoices):
        """The kind of a conversation: a direct one shows the other's name, a group its title."""

        DIRECT = "direct", _("direct")
        GROUP = "group", _("group")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    title = models.CharField(_("title"), max_length=80, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.SET_NULL,
        related_name="groups_owned",
        null=True,
        help_text=_("who made a group and may delete it; direct conversations have none"),
    )
    direct_key = models.CharField(  # noqa: DJ001 - groups have none, and NULLs do not collide
        _("key of a direct conversation"),
        max_length=41,
        unique=True,
        null=True,
        help_text=_("the ids of the two people, lower first: there is one conversation a pair"),
    )
    epoch = models.PositiveIntegerField(_("epoch"), default=1)
    last_seq = models.PositiveBigIntegerField(_("newest seq"), default=0)
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("members"),
        through="Membership",
        through_fields=("conversation", "user"),
        related_name="conversations",
    )

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")

    def __str__(self) -> str:
        return self.title or f"conversation {self.pk}"


class Membership(models.Model):
    """A member of a conversation, who has read it up to ``read_seq``.

    A member may see less than the conversation contains. They do not see what they have cleared,
    up to ``cleared_seq``. While they block somebody (``frozen_for``), their view of the direct
    conversation is frozen at ``frozen_seq``; at 0 the conversation is not shown to them at all.
    ``withheld`` is set for the blocked member: nobody else sees what they send meanwhile.
    ``version`` is increased when the member's view changes without an event, so that all of their
    pages reload it (docs/decisions/0008-blocking.md).
    """

    conversation = models.ForeignKey(
        Conversation,
        verbose_name=_("conversation"),
        on_delete=models.CASCADE,
        related_name="memberships",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="memberships",
    )
    read_seq = models.PositiveBigIntegerField(_("read up to"), default=0)
    joined_at = models.DateTimeField(_("joined at"), auto_now_add=True)
    cleared_seq = models.PositiveBigIntegerField(_("cleared up to"), default=0, db_default=0)
    version = models.PositiveIntegerField(_("version of the view"), default=0, db_default=0)
    frozen_seq = models.PositiveBigIntegerField(_("stands still at"), null=True)
    frozen_for = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("blocked person"),
        on_delete=models.CASCADE,
        related_name="+",
        null=True,
    )
    withheld = models.BooleanField(_("messages are withheld"), default=False, db_default=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "conversation"], name="membership_once_per_user"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id}"


class Block(models.Model):
    """A person who blocks another one; the blocked person cannot notice it."""

    blocker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("blocker"),
        on_delete=models.CASCADE,
        related_name="blocks",
    )
    blocked = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("blocked person"),
        on_delete=models.CASCADE,
        related_name="blocked_by",
    )
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="block_once_per_pair"),
            models.CheckConstraint(condition=~Q(blocker=F("blocked")), name="block_no_self"),
        ]

    def __str__(self) -> str:
        return f"{self.blocker_id} blocks {self.blocked_id}"


class Message(models.Model):
    """A message of a member. The sender's client makes ``client_id``, so a retry is harmless.

    A removed message keeps its row, and so its place in the order, but not its text. A
    ``withheld`` message is shown only to its sender. ``own_text`` is an edit that only the sender
    sees, because the other person blocked the sender then; the other person still sees ``text``
    (docs/decisions/0024-withheld-changes.md).
    """

    conversation = models.ForeignKey(
        Conversation,
        verbose_name=_("conversation"),
        on_delete=models.CASCADE,
        related_name="messages",
    )
    seq = models.PositiveBigIntegerField(_("seq"))
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("sender"),
        on_delete=models.CASCADE,
        related_name="messages",
    )
    client_id = models.UUIDField(_("the sender's own id"))
    draft_digest = models.CharField(
        _("digest of the content as it was sent"),
        max_length=32,
        blank=True,
        default="",
        db_default="",
        help_text=_("by it a repeat is known; a removed message has none"),
    )
    text = models.TextField(_("text"))
    folded = models.TextField(
        _("folded text"),
        default="",
        db_default="",
        help_text=_("the text as it is searched (folding.py)"),
    )
    created_at = models.DateTimeField(_("sent at"))
    edited_at = models.DateTimeField(_("edited at"), null=True)
    removed_at = models.DateTimeField(_("removed at"), null=True)
    reply_to = models.ForeignKey(
        "self",
        verbose_name=_("answers"),
        on_delete=models.SET_NULL,
        related_name="replies",
        null=True,
        db_index=False,
    )
    is_annotated = models.BooleanField(
        _("is annotated"),
        default=False,
        help_text=_(
            "it has files, mentions or reactions: plain messages need not be asked for them"
        ),
    )
    withheld = models.BooleanField(_("is withheld"), default=False, db_default=False)
    own_text = models.TextField(  # noqa: DJ001 - None: the sender sees what all others see
        _("text for its sender"), null=True
    )
    own_folded = models.TextField(
        _("folded text for its sender"), blank=True, default="", db_default=""
    )
    own_edited_at = models.DateTimeField(_("edited for its sender at"), null=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["sender", "client_id"], name="message_once_per_sender"),
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_once_per_seq"),
        ]
        indexes = [
            # Only for replies: most messages are not replies, and cost nothing here.
            models.Index(
                fields=["reply_to"], condition=Q(reply_to__isnull=False), name="message_replies"
            )
        ]

    def __str__(self) -> str:
        return f"message {self.pk} ({self.conversation_id}.{self.seq})"


class Mention(models.Model):
    """A member whom a message mentions."""

    message = models.ForeignKey(
        Message, verbose_name=_("message"), on_delete=models.CASCADE, related_name="mentions"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="mentions",
    )

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [
            models.UniqueConstraint(fields=["message", "user"], name="mention_once_per_message")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in message {self.message_id}"


class Reaction(models.Model):
    """An emoji that a user has put on a message; a ``withheld`` one is shown only to that user."""

    message = models.ForeignKey(
        Message, verbose_name=_("message"), on_delete=models.CASCADE, related_name="reactions"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="reactions",
    )
    emoji = models.CharField(_("emoji"), max_length=LONGEST)
    withheld = models.BooleanField(_("is withheld"), default=False, db_default=False)

    class Meta:
        verbose_name = _("reaction")
        verbose_name_plural = _("reactions")
        constraints = [
            models.UniqueConstraint(
                fields=["message", "user", "emoji"], name="reaction_once_per_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.emoji} on message {self.message_id}"


class File(models.Model):
    """A file that somebody has uploaded; ``message`` is None until a message refers to it.

    Its content is on the disk under the name ``stored_as`` (files/storage.py). Pictures have a
    ``width``, a ``height`` and a preview.
    """

    conversation = models.ForeignKey(
        Conversation,
        verbose_name=_("conversation"),
        on_delete=models.CASCADE,
        related_name="files",
    )
    message = models.ForeignKey(
        Message,
        verbose_name=_("message"),
        on_delete=models.CASCADE,
        related_name="files",
        null=True,
    )
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("uploaded by"),
        on_delete=models.CASCADE,
        related_name="files",
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    name = models.CharField(_("name"), max_length=100)
    media_type = models.CharField(_("media type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    width = models.PositiveIntegerField(_("width"), null=True)
    height = models.PositiveIntegerField(_("height"), null=True)
    stored_as = models.CharField(_("name on the disk"), max_length=32, unique=True)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        indexes = [
            models.Index(fields=["uploader", "uploaded_at"], name="file_uploads"),
            models.Index(
                fields=["uploaded_at"], condition=Q(message__isnull=True), name="file_unsent"
            ),
        ]

    def __str__(self) -> str:
        return f"file {self.pk} ({self.media_type})"

    def as_attachment(self) -> Attachment:
        """Return this file as the protocol model that members of the conversation receive."""
        return Attachment(
            id=self.pk,
            name=self.name,
            media_type=self.media_type,
            size=self.size,
            width=self.width,
            height=self.height,
        )


class Event(models.Model):
    """One durable change of a conversation.

    ``subject`` is the person who joined, left or became the owner; ``title`` is the new title.
    """

    class Kind(models.TextChoices):
        """The kind of an event, which is the ``type`` of its frame."""

        MESSAGE = "message", _("message")
        EDITED = "edited", _("edited")
        REMOVED = "removed", _("removed")
        REACTED = "reacted", _("reacted")
        READ = "read", _("read")
        RENAMED = "renamed", _("renamed")
        JOINED = "joined", _("joined")
        LEFT = "left", _("left")
        OWNER = "owner", _("new owner")

    conversation = models.ForeignKey(
        Conversation,
        verbose_name=_("conversation"),
        on_delete=models.CASCADE,
        related_name="events",
    )
    seq = models.PositiveBigIntegerField(_("seq"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who did it"),
        on_delete=models.CASCADE,
        related_name="events",
    )
    at = models.DateTimeField(_("happened at"))
    message = models.ForeignKey(
        Message,
        verbose_name=_("message"),
        on_delete=models.CASCADE,
        related_name="events",
        null=True,
    )
    upto = models.PositiveBigIntegerField(_("read up to"), null=True)
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("to whom"),
        on_delete=models.CASCADE,
        related_name="+",
        null=True,
    )
    title = models.CharField(_("title"), max_length=80, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="event_once_per_seq")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.conversation_id}.{self.seq}"


class Site(models.Model):
    """The single row of a site, with the ``prefix`` of the site's names in Redis."""

    ROW = 1

    prefix = models.CharField(_("prefix in Redis"), max_length=40)

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="site_once")]

    def __str__(self) -> str:
        return self.prefix
