"""Tests of a release with a schema change, its rollback, and of a destructive migration."""

from __future__ import annotations

from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.people import say
from tests.deploy.ansible.playbooks import Operator
from tests.deploy.ansible.releases import Releases
from tests.deploy.ansible.test_rolling import current
from tests.deploy.target import Account, Target

IRREVERSIBLE = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("chat", "{before}")]
    operations = [migrations.RunSQL("DROP TABLE chat_attachment CASCADE")]
"""

ADDITIVE = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "{before}")]
    operations = [
        migrations.CreateModel("Added", [("id", models.BigAutoField(primary_key=True))]),
    ]
"""


def newest_migration(releases: Releases) -> str:
    """Return the name of the chat's last migration."""
    names = (releases.folder / "reference_app/chat/migrations").glob("0*.py")
    return max(path.stem for path in names)


async def test_an_additive_migration_is_deployed_and_rolled_back(
    operator: Operator,
    fleet: Fleet,
    releases: Releases,
    target: Target,
    accounts: list[Account],
) -> None:
    room = await target.new_room(accounts, "Before the upgrade")
    await say(target, accounts[0], room, "kept")
    before = current(fleet)
    name = "reference_app/chat/migrations/9998_added.py"
    text = ADDITIVE.format(before=newest_migration(releases))
    revision = releases.create("Add a table", {name: text})
    operator.run_ok("deploy", settings=releases.settings(revision))
    assert current(fleet) == revision
    assert await target.messages(accounts[0], room) == [(1, "kept")]
    operator.run_ok("rollback")
    assert current(fleet) == before
    assert await target.messages(accounts[0], room) == [(1, "kept")]
    await say(target, accounts[0], room, "and on")
    # Later releases on these hosts do not have this migration.
    clean_up = "DROP TABLE chat_added; DELETE FROM django_migrations WHERE name = '9998_added'"
    fleet.first("postgresql").run(
        *("runuser", "-u", "postgres", "--", "psql", "--dbname=fawran", "--command", clean_up)
    )


def test_a_destructive_migration_is_refused_with_its_name(
    operator: Operator, fleet: Fleet, releases: Releases
) -> None:
    before = current(fleet)
    name = "reference_app/chat/migrations/9999_destroyed.py"
    text = IRREVERSIBLE.format(before=newest_migration(releases))
    revision = releases.create("Drop a table", {name: text})
    output = operator.run_refused("deploy", settings=releases.settings(revision))
    assert "9999_destroyed" in output
    assert current(fleet) == before
