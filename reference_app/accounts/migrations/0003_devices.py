"""Where people are signed in; whoever is so already is too."""

from importlib import import_module

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone


def note_sessions(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make a device of each session that somebody is signed in by."""
    sessions = apps.get_model("sessions", "Session").objects
    users = apps.get_model("accounts", "User").objects
    devices = apps.get_model("accounts", "Device").objects
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    now = timezone.now()
    known = {str(key) for key in users.values_list("pk", flat=True)}
    for session in sessions.filter(expire_date__gt=now).iterator():
        user = store.decode(session.session_data).get("_auth_user_id")
        if user in known:
            devices.create(session_key=session.pk, user_id=int(user), last_used=now)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_about_and_last_seen"), ("sessions", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Device",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "session_key",
                    models.CharField(max_length=40, unique=True, verbose_name="session"),
                ),
                ("agent", models.CharField(blank=True, max_length=300, verbose_name="browser")),
                (
                    "signed_in",
                    models.DateTimeField(auto_now_add=True, verbose_name="signed in at"),
                ),
                ("last_used", models.DateTimeField(verbose_name="last used at")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="devices",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={"verbose_name": "device", "verbose_name_plural": "devices"},
        ),
        migrations.AlterField(
            "user",
            "about",
            models.CharField(blank=True, max_length=280, verbose_name="about"),
        ),
        migrations.AlterField(
            "user",
            "display_name",
            models.CharField(blank=True, max_length=80, verbose_name="display name"),
        ),
        migrations.AlterField(
            "user",
            "last_seen",
            models.DateTimeField(editable=False, null=True, verbose_name="last seen"),
        ),
        migrations.RunPython(note_sessions, migrations.RunPython.noop),
    ]
