"""The cache in Redis, with values that only the site can have written: signed JSON.

Django's own cache stores pickles, with which anybody who can write to Redis could run code.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.redis import RedisCache
from django.core.signing import BadSignature, Signer


class SignedJson:
    """The serializer of the cache. JSON has no tuples, and its keys are texts."""

    def __init__(self) -> None:
        self._signer = Signer(salt="fawran.cache")

    def dumps(self, value: Any) -> bytes:
        """Return a value as JSON with a signature."""
        return self._signer.sign(json.dumps(value)).encode()

    def loads(self, data: bytes) -> Any:
        """Return the value of signed JSON.

        Raises:
            BadSignature: the site has not written it, or wrote it with an earlier key.
        """
        return json.loads(self._signer.unsign(data.decode(errors="replace")))


class SignedRedisCache(RedisCache):
    """Django's cache in Redis, for which a value without a valid signature does not exist."""

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return a value, or the default if there is none that the site has written."""
        try:
            return super().get(key, default, version)
        except BadSignature:
            return default

    get_many = BaseCache.get_many  # calls get
