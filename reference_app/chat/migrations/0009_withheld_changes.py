"""Withhold the edits and reactions of a blocked person too, not only the messages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0008_draft_digest")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="own_text",
            field=models.TextField(null=True, verbose_name="text for its sender"),
        ),
        migrations.AddField(
            model_name="message",
            name="own_folded",
            field=models.TextField(
                blank=True, db_default="", default="", verbose_name="folded text for its sender"
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="own_edited_at",
            field=models.DateTimeField(null=True, verbose_name="edited for its sender at"),
        ),
        migrations.AddField(
            model_name="reaction",
            name="withheld",
            field=models.BooleanField(db_default=False, default=False, verbose_name="is withheld"),
        ),
    ]
