"""Every part that takes a URL can sign in with it, whatever the password in it consists of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import pytest_django
import redis
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.core.cache.backends.redis import RedisCache
from django.db.utils import ConnectionHandler
from psycopg import sql

from benchmarks.run.workspace import PostgresCopies
from reference_app.config.settings import _database
from reference_app.releases.backup.postgresql import connection_variables
from reference_app.serving.reachable import check_database, check_redis
from reference_app.serving.valkey import embedded_valkey
from tests.passwords import PASSWORDS, encoded
from tests.postgresql import running_postgresql

each_password = pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS.keys())


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a server that accepts the role `guarded` by password only; yield the owner's URL."""
    folder = tmp_path_factory.mktemp("passwords")
    with running_postgresql(folder) as server:
        admitted = folder / "postgresql" / "pg_hba.conf"
        admitted.write_text(
            "host all guarded 127.0.0.1/32 scram-sha-256\n" + admitted.read_text("utf-8"), "utf-8"
        )
        with psycopg.connect(server.url, autocommit=True) as owner:
            owner.execute("CREATE ROLE guarded LOGIN SUPERUSER")
            owner.execute("SELECT pg_reload_conf()")
        yield server.url


@pytest.fixture
def database_url(postgresql: str, password: str) -> str:
    """Return the URL of the role `guarded` with this password."""
    with psycopg.connect(postgresql, autocommit=True) as owner:
        owner.execute(sql.SQL("ALTER ROLE guarded PASSWORD {}").format(sql.Literal(password)))
    return postgresql.replace("fawran@", f"guarded:{encoded(password)}@")


@each_password
def test_the_application_signs_in_to_the_database(
    database_url: str, django_db_blocker: pytest_django.DjangoDbBlocker
) -> None:
    check_database(database_url)
    settings = _database(database_url)
    settings["OPTIONS"].pop("pool")
    connection = ConnectionHandler({"default": settings})["default"]
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("guarded",)
    connection.close()


@each_password
def test_the_benchmark_signs_in_to_the_database(database_url: str) -> None:
    copies: Any = PostgresCopies(database_url)
    with psycopg.connect(copies._address("postgres")) as connection:
        assert connection.info.user == "guarded"


@each_password
def test_a_backup_signs_in_to_the_database(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # PostgreSQL's programs and psycopg read the same variables.
    for name, value in connection_variables(database_url).items():
        monkeypatch.setenv(name, value)
    with psycopg.connect("") as connection:
        assert connection.info.user == "guarded"


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_valkey(tmp_path_factory.mktemp("valkey") / "log") as valkey:
        yield valkey.url


@pytest.fixture
def redis_url(valkey: str, password: str) -> str:
    """Return the URL of a user with this password, of which the server has the digest only."""
    digest = hashlib.sha256(password.encode()).hexdigest()
    with redis.Redis.from_url(valkey) as owner:
        owner.execute_command(
            *("ACL", "SETUSER", "guarded", "reset", "on", f"#{digest}", "~*", "&*", "+@all")
        )
    return valkey.replace("unix://", f"unix://guarded:{encoded(password)}@")


@each_password
async def test_the_application_signs_in_to_redis(redis_url: str) -> None:
    check_redis(redis_url)
    cache = RedisCache(redis_url, {})
    cache.set("a", "b")
    assert cache.get("a") == "b"
    for kind in (RedisChannelLayer, RedisPubSubChannelLayer):
        layer = kind(hosts=[{"address": redis_url, "socket_timeout": 30}])
        channel = await layer.new_channel()
        await layer.send(channel, {"type": "a"})
        assert await layer.receive(channel) == {"type": "a"}
        await layer.flush()
