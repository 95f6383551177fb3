"""Messages can be searched: their texts are kept as they are compared, too."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from reference_app.chat.records.text_folding import fold

BATCH = 500


def fold_all(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Fold batch by batch, each a transaction: the site goes on writing meanwhile."""
    messages = apps.get_model("chat", "Message").objects
    last = 0
    while batch := list(
        messages.filter(pk__gt=last).exclude(text="").order_by("pk").only("pk", "text")[:BATCH]
    ):
        for message in batch:
            message.folded = fold(message.text)
        messages.bulk_update(batch, ["folded"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("chat", "0005_files")]

    operations = [
        migrations.RunPython(fold_all, migrations.RunPython.noop),
    ]
