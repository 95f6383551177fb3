"""Tests that the cache returns only what the site wrote, in a real Redis."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.cache import cache, caches

from reference_app.chat.fanout.typing_cache import load_typists, store_notice
from reference_app.protocol import Person
from reference_app.serving.valkey import embedded_valkey

KEY = "chat:cache:2:typing:1"
AMAL = Person(id=7, username="amal", name="أمل")


class Attack:
    """A value whose pickle runs code when it is loaded."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("a pickle of Redis was loaded",))


@pytest.fixture
def valkey(settings: Any, tmp_path: Path) -> Iterator[redis.Redis]:
    """Run a Valkey with the site's cache in it; yield a client of the same server."""
    with embedded_valkey(tmp_path / "valkey.log") as server:
        settings.CACHES = {
            "default": {
                "BACKEND": "reference_app.runtime.signed_cache.SignedRedisCache",
                "VERSION": 2,
                "LOCATION": server.url,
                "KEY_FUNCTION": f"{__name__}.key_of_chat",
                "OPTIONS": {"serializer": "reference_app.runtime.signed_cache.SignedJson"},
            }
        }
        with redis.Redis.from_url(server.url) as client:
            yield client
        caches.close_all()


def key_of_chat(key: str, _prefix: str, version: int) -> str:
    return f"chat:cache:{version}:{key}"


def test_a_typing_notice_is_stored_as_signed_text_and_read_again(valkey: redis.Redis) -> None:
    store_notice(1, AMAL, active=True)
    assert load_typists(1) == [AMAL]
    stored = valkey.get(KEY)
    assert isinstance(stored, bytes)
    assert stored.startswith(b'{"7": ["amal", ')
    store_notice(1, AMAL, active=False)
    assert load_typists(1) == []


@pytest.mark.parametrize(
    "forged",
    [
        pickle.dumps(Attack()),
        b'{"7": ["amal", "Amal", 9e12]}',
        b'{"7": ["amal", "Amal", 9e12]}:signature',
        b"7",
        b"\xff\x00",
        b"",
    ],
)
def test_a_value_that_the_site_did_not_sign_does_not_exist(
    forged: bytes, valkey: redis.Redis
) -> None:
    valkey.set(KEY, forged)
    assert load_typists(1) == []
    assert cache.get("typing:1", "default") == "default"
    assert cache.get_many(["typing:1"]) == {}
    store_notice(1, AMAL, active=True)
    assert load_typists(1) == [AMAL]


@pytest.mark.usefixtures("valkey")
def test_a_value_that_was_signed_with_another_key_does_not_exist(settings: Any) -> None:
    cache.set("typing:1", {"7": ["amal", "Amal", 9e12]})
    caches.close_all()
    settings.SECRET_KEY = "another" * 10
    settings.CACHES = dict(settings.CACHES)
    assert cache.get("typing:1") is None
