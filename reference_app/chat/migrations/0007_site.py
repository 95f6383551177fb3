"""A site has a prefix for its names in Redis; site_prefix.py stores it after migrations."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0006_folded")]

    operations = [
        migrations.CreateModel(
            name="Site",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("prefix", models.CharField(max_length=40, verbose_name="prefix in Redis")),
            ],
            options={
                "verbose_name": "site",
                "verbose_name_plural": "sites",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="site_once")
                ],
            },
        ),
    ]
