"""Give each message a digest of its content as it was sent, to recognize repeats."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0007_site")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="draft_digest",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="by it a repeat is known; a removed message has none",
                max_length=32,
                verbose_name="digest of the content as it was sent",
            ),
        ),
    ]
