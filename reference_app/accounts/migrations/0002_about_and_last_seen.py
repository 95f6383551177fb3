"""What others read about somebody, and when they were here last."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField("user", "about", models.CharField(max_length=280, blank=True)),
        migrations.AddField("user", "last_seen", models.DateTimeField(null=True, editable=False)),
    ]
