"""Groups have an owner: whoever joined first, which is who made them."""

from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery


def whoever_joined_first(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    conversation = apps.get_model("chat", "Conversation")
    membership = apps.get_model("chat", "Membership")
    first = membership.objects.filter(conversation=OuterRef("pk")).order_by("pk").values("user")[:1]
    conversation.objects.filter(kind="group").update(owner=Subquery(first))


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "conversation",
            "owner",
            models.ForeignKey(
                settings.AUTH_USER_MODEL,
                on_delete=models.SET_NULL,
                related_name="groups_owned",
                null=True,
                help_text="who made a group and may delete it; direct conversations have none",
            ),
        ),
        migrations.RunPython(whoever_joined_first, migrations.RunPython.noop),
    ]
