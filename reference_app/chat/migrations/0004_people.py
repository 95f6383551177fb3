"""Groups change, people block each other and clear conversations; models say what they are."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def forget_notices(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make histories that the version before understands, and that show nobody what they must not.

    It knows no notices, and would show what is withheld. The seqs of the events that go are
    gaps; a new epoch lets every page begin afresh.
    """
    event, message = apps.get_model("chat", "Event"), apps.get_model("chat", "Message")
    withheld = message.objects.filter(withheld=True)
    notices = event.objects.filter(kind__in=["renamed", "joined", "left", "owner"])
    touched = {
        *notices.values_list("conversation", flat=True),
        *withheld.values_list("conversation", flat=True),
    }
    notices.delete()
    withheld.delete()
    apps.get_model("chat", "Conversation").objects.filter(pk__in=touched).update(
        epoch=F("epoch") + 1
    )


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0003_acts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="conversation",
            options={"verbose_name": "conversation", "verbose_name_plural": "conversations"},
        ),
        migrations.AlterModelOptions(
            name="event",
            options={"verbose_name": "event", "verbose_name_plural": "events"},
        ),
        migrations.AlterModelOptions(
            name="membership",
            options={"verbose_name": "membership", "verbose_name_plural": "memberships"},
        ),
        migrations.AlterModelOptions(
            name="mention",
            options={"verbose_name": "mention", "verbose_name_plural": "mentions"},
        ),
        migrations.AlterModelOptions(
            name="message",
            options={"verbose_name": "message", "verbose_name_plural": "messages"},
        ),
        migrations.AlterModelOptions(
            name="reaction",
            options={"verbose_name": "reaction", "verbose_name_plural": "reactions"},
        ),
        migrations.AddField(
            model_name="event",
            name="subject",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="to whom",
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="title",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=80, verbose_name="title"
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="cleared_seq",
            field=models.PositiveBigIntegerField(
                db_default=0, default=0, verbose_name="cleared up to"
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="frozen_for",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="blocked person",
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="frozen_seq",
            field=models.PositiveBigIntegerField(null=True, verbose_name="stands still at"),
        ),
        migrations.AddField(
            model_name="membership",
            name="version",
            field=models.PositiveIntegerField(
                db_default=0, default=0, verbose_name="version of the view"
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="withheld",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="messages are withheld"
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="withheld",
            field=models.BooleanField(db_default=False, default=False, verbose_name="is withheld"),
        ),
        migrations.AlterField(
            model_name="conversation",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="made at"),
        ),
        migrations.AlterField(
            model_name="conversation",
            name="direct_key",
            field=models.CharField(
                help_text="the ids of the two people, lower first: there is one conversation a pair",
                max_length=41,
                null=True,
                unique=True,
                verbose_name="key of a direct conversation",
            ),
        ),
        migrations.AlterField(
            model_name="conversation",
            name="epoch",
            field=models.PositiveIntegerField(default=1, verbose_name="epoch"),
        ),
        migrations.AlterField(
            model_name="conversation",
            name="kind",
            field=models.CharField(
                choices=[("direct", "direct"), ("group", "group")],
                max_length=6,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="conversation",
            name="last_seq",
            field=models.PositiveBigIntegerField(default=0, verbose_name="newest seq"),
        ),
        migrations.AlterField(
            model_name="conversation",
            name="members",
            field=models.ManyToManyField(
                related_name="conversations",
                through="chat.Membership",
                through_fields=("conversation", "user"),
                to=settings.AUTH_USER_MODEL,
                verbose_name="members",
            ),
        ),
        migrations.AlterField(
            model_name="conversation",
            name="owner",
            field=models.ForeignKey(
                help_text="who made a group and may delete it; direct conversations have none",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="groups_owned",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="conversation",
            name="title",
            field=models.CharField(blank=True, max_length=80, verbose_name="title"),
        ),
        migrations.AlterField(
            model_name="event",
            name="actor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who did it",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="at",
            field=models.DateTimeField(verbose_name="happened at"),
        ),
        migrations.AlterField(
            model_name="event",
            name="conversation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="chat.conversation",
                verbose_name="conversation",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("message", "message"),
                    ("edited", "edited"),
                    ("removed", "removed"),
                    ("reacted", "reacted"),
                    ("read", "read"),
                    ("renamed", "renamed"),
                    ("joined", "joined"),
                    ("left", "left"),
                    ("owner", "new owner"),
                ],
                max_length=8,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="message",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="chat.message",
                verbose_name="message",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="seq",
            field=models.PositiveBigIntegerField(verbose_name="seq"),
        ),
        migrations.AlterField(
            model_name="event",
            name="upto",
            field=models.PositiveBigIntegerField(null=True, verbose_name="read up to"),
        ),
        migrations.AlterField(
            model_name="membership",
            name="conversation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to="chat.conversation",
                verbose_name="conversation",
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="joined_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="joined at"),
        ),
        migrations.AlterField(
            model_name="membership",
            name="read_seq",
            field=models.PositiveBigIntegerField(default=0, verbose_name="read up to"),
        ),
        migrations.AlterField(
            model_name="membership",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.AlterField(
            model_name="mention",
            name="message",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mentions",
                to="chat.message",
                verbose_name="message",
            ),
        ),
        migrations.AlterField(
            model_name="mention",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mentions",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="client_id",
            field=models.UUIDField(verbose_name="the sender's own id"),
        ),
        migrations.AlterField(
            model_name="message",
            name="conversation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="chat.conversation",
                verbose_name="conversation",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="created_at",
            field=models.DateTimeField(verbose_name="sent at"),
        ),
        migrations.AlterField(
            model_name="message",
            name="edited_at",
            field=models.DateTimeField(null=True, verbose_name="edited at"),
        ),
        migrations.AlterField(
            model_name="message",
            name="is_annotated",
            field=models.BooleanField(
                default=False,
                help_text="somebody is mentioned, or has reacted: plain messages need not be asked for it",
                verbose_name="is annotated",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="removed_at",
            field=models.DateTimeField(null=True, verbose_name="removed at"),
        ),
        migrations.AlterField(
            model_name="message",
            name="reply_to",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replies",
                to="chat.message",
                verbose_name="answers",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="sender",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to=settings.AUTH_USER_MODEL,
                verbose_name="sender",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="seq",
            field=models.PositiveBigIntegerField(verbose_name="seq"),
        ),
        migrations.AlterField(
            model_name="message",
            name="text",
            field=models.TextField(verbose_name="text"),
        ),
        migrations.AlterField(
            model_name="reaction",
            name="emoji",
            field=models.CharField(max_length=16, verbose_name="emoji"),
        ),
        migrations.AlterField(
            model_name="reaction",
            name="message",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reactions",
                to="chat.message",
                verbose_name="message",
            ),
        ),
        migrations.AlterField(
            model_name="reaction",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reactions",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.CreateModel(
            name="Block",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="made at")),
                (
                    "blocked",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="blocked_by",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="blocked person",
                    ),
                ),
                (
                    "blocker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="blocks",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="blocker",
                    ),
                ),
            ],
            options={
                "verbose_name": "block",
                "verbose_name_plural": "blocks",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("blocker", "blocked"), name="block_once_per_pair"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("blocker", models.F("blocked")), _negated=True),
                        name="block_no_self",
                    ),
                ],
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_notices),
    ]
