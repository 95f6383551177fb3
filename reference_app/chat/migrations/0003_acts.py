"""Messages are edited, removed, answered, reacted to, and mention people."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def forget_acts(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make histories that the version before understands: it knows one event a message.

    The seqs of the events that go are gaps; a new epoch lets every page begin afresh.
    """
    event = apps.get_model("chat", "Event")
    acts = event.objects.filter(kind__in=["edited", "removed", "reacted"])
    touched = list(acts.values_list("conversation", flat=True).distinct())
    acts.delete()
    apps.get_model("chat", "Conversation").objects.filter(pk__in=touched).update(
        epoch=F("epoch") + 1
    )


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0002_owner"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("message", "edited_at", models.DateTimeField(null=True)),
        migrations.AddField("message", "removed_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "message",
            "reply_to",
            models.ForeignKey(
                "chat.message",
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replies",
                null=True,
                db_index=False,
            ),
        ),
        migrations.AddField(
            "message",
            "is_annotated",
            models.BooleanField(
                default=False,
                help_text="somebody is mentioned, or has reacted: plain messages need not be asked for it",
            ),
        ),
        migrations.AddIndex(
            "message",
            models.Index(
                fields=["reply_to"],
                condition=models.Q(reply_to__isnull=False),
                name="message_replies",
            ),
        ),
        migrations.AlterField(
            "event",
            "kind",
            models.CharField(
                max_length=8,
                choices=[
                    ("message", "Message"),
                    ("edited", "Edited"),
                    ("removed", "Removed"),
                    ("reacted", "Reacted"),
                    ("read", "Read"),
                ],
            ),
        ),
        migrations.AlterField(
            "event",
            "message",
            models.ForeignKey(
                "chat.message",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="Mention",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        to="chat.message",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mentions",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        to=settings.AUTH_USER_MODEL,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mentions",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("message", "user"), name="mention_once_per_message"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Reaction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("emoji", models.CharField(max_length=16)),
                (
                    "message",
                    models.ForeignKey(
                        to="chat.message",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reactions",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        to=settings.AUTH_USER_MODEL,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reactions",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("message", "user", "emoji"), name="reaction_once_per_person"
                    )
                ],
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_acts),
    ]
