"""The prefix of a site's names in Redis: where it comes from, and which names begin with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import redis
from channels.layers import channel_layers, get_channel_layer
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer
from channels_valkey.core import ValkeyChannelLayer
from channels_valkey.pubsub import ValkeyPubSubChannelLayer
from django.core.management import call_command
from django.db import Error
from websockets.exceptions import ConnectionClosed, InvalidStatus

from benchmarks.probe.page import http_of
from reference_app.chat.fanout import site_prefix as module
from reference_app.chat.fanout.site_prefix import cache_key, renew_prefix, site_prefix
from reference_app.chat.models import Site
from reference_app.config import settings as settings_module
from reference_app.protocol import CLOSE_TRY_LATER
from reference_app.runtime.environment import ChannelLayer, Fanout
from reference_app.serving import commands
from reference_app.serving.valkey import embedded_valkey
from tests.served import Site as ServedSite
from tests.served import prepared, served, started

CSRF_TOKEN = "t" * 32
CLASSES = {
    ChannelLayer.CORE: RedisChannelLayer,
    ChannelLayer.PUBSUB: RedisPubSubChannelLayer,
    ChannelLayer.VALKEY: ValkeyChannelLayer,
    ChannelLayer.VALKEY_PUBSUB: ValkeyPubSubChannelLayer,
}


@pytest.fixture(autouse=True)
def _as_in_a_new_process() -> Iterator[None]:
    module._stored_prefix.cache_clear()
    yield
    module._stored_prefix.cache_clear()
    channel_layers.backends.clear()


@pytest.mark.django_db
def test_migrations_create_a_prefix_that_later_ones_keep() -> None:
    before = site_prefix()
    assert before.startswith("fawran-")
    call_command("migrate", verbosity=0)
    module._stored_prefix.cache_clear()
    assert site_prefix() == before


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_emptied_gets_another_prefix() -> None:
    before = site_prefix()
    call_command("flush", verbosity=0, interactive=False)
    module._stored_prefix.cache_clear()
    assert site_prefix().startswith("fawran-")
    assert site_prefix() != before


@pytest.mark.django_db
def test_a_copy_of_a_site_gets_a_prefix_of_its_own() -> None:
    before = site_prefix()
    renew_prefix()
    assert site_prefix() != before
    assert f"{Site.objects.get().prefix}:" == site_prefix()


@pytest.mark.django_db
def test_a_copy_of_a_site_whose_prefix_is_lost_gets_one() -> None:
    Site.objects.all().delete()
    renew_prefix()
    assert f"{Site.objects.get().prefix}:" == site_prefix()


@pytest.mark.django_db
def test_the_prefix_is_read_once(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert {cache_key("typing:1", "", 1), cache_key("typing:1", "", 1)} == {
            f"{site_prefix()}cache:1:typing:1"
        }


@pytest.mark.django_db
def test_a_prefix_that_cannot_be_read_is_read_again_at_the_next_use() -> None:
    Site.objects.all().delete()
    with pytest.raises(Error, match=r"run manage\.py migrate"):
        site_prefix()
    Site.objects.create(pk=Site.ROW, prefix="later")
    assert site_prefix() == "later:"


def test_a_setting_overrides_the_database_which_is_not_queried(settings: Any) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, redis_prefix="mine")
    assert cache_key("typing:1", "", 1) == "mine:cache:1:typing:1"


@pytest.mark.django_db
@pytest.mark.parametrize(("layer", "layer_class"), CLASSES.items())
def test_a_layer_on_redis_is_an_unchanged_one_with_the_prefix(
    settings: Any, layer: ChannelLayer, layer_class: type
) -> None:
    settings.CHANNEL_LAYERS = {"default": settings_module._CHANNEL_LAYERS[layer]}
    built = get_channel_layer()
    assert type(built) is layer_class
    core = layer in {ChannelLayer.CORE, ChannelLayer.VALKEY}
    assert (built.prefix if core else built._kwargs["prefix"]) == site_prefix()


def in_database(site: ServedSite, statement: str) -> None:
    with closing(sqlite3.connect(site.log.parent / "fawran.sqlite3", timeout=20)) as database:
        database.execute(statement)
        database.commit()


async def send_over_http(site: ServedSite, text: str) -> None:
    async with http_of(site.url, site.cookies[0]) as http:
        http.cookies.set("csrftoken", CSRF_TOKEN)
        answer = await http.post(
            f"/api/conversations/{site.room}/messages",
            json={"client_id": str(uuid4()), "text": text},
            headers={"X-CSRFToken": CSRF_TOKEN},
        )
        answer.raise_for_status()


@pytest.mark.long
@pytest.mark.parametrize("fanout", Fanout)
async def test_a_site_whose_prefix_cannot_be_read_yet_serves_as_soon_as_it_can(
    fanout: Fanout, tmp_path: Path
) -> None:
    with served(commands.daphne, tmp_path, FAWRAN_FANOUT=fanout.value) as site:
        in_database(site, "ALTER TABLE chat_site RENAME TO chat_site_away")
        with pytest.raises((ConnectionClosed, InvalidStatus)) as refused:
            await site.page(0).__aenter__()
        if fanout is Fanout.PROCESS:
            assert isinstance(refused.value, ConnectionClosed)
            assert refused.value.rcvd
            assert refused.value.rcvd.code == CLOSE_TRY_LATER
        await send_over_http(site, "stored all the same")
        in_database(site, "ALTER TABLE chat_site_away RENAME TO chat_site")
        async with site.page(1) as page:
            await send_over_http(site, "now")
            assert (await page.next_of("message"))["text"] == "now"
    assert "Traceback" not in site.log.read_text(encoding="utf-8")


@pytest.mark.long
@pytest.mark.parametrize("layer", [ChannelLayer.CORE, ChannelLayer.PUBSUB])
async def test_a_redis_user_may_be_restricted_to_the_prefix_of_the_setting(
    layer: ChannelLayer, tmp_path: Path
) -> None:
    with embedded_valkey(tmp_path / "valkey.log") as valkey:
        with redis.Redis.from_url(valkey.url) as administrator:
            rights = "on >secret resetkeys resetchannels ~chat:* &chat:* +@all -@admin -@dangerous"
            administrator.execute_command("ACL SETUSER", "chat", *rights.split(), "+info")
        url = valkey.url.replace("unix://", "unix://chat:secret@")
        made = prepared(tmp_path, url, FAWRAN_REDIS_PREFIX="chat", CHANNEL_LAYER=layer.value)
        with started(made, commands.daphne, valkey, 2) as site:
            async with site.page(0, 0) as ann, site.page(1, 1) as bob:
                await ann.write(type="typing", conversation=site.room, active=True)
                await bob.next_of("typing")
                await ann.say("hello", str(uuid4()))
                assert (await bob.next_of("message"))["text"] == "hello"
            async with httpx.AsyncClient(base_url=site.url, trust_env=False) as client:
                assert (await client.get("/readyz")).json()["reasons"] == []
        with redis.Redis.from_url(valkey.url) as administrator:
            assert administrator.acl_log() == []
