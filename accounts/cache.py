"""Django's Redis cache for which a Redis that is gone is a cache without anything in it.

Sign-in counts its tries in the cache. Without Redis people must still be able to sign in, so a read
finds nothing and a write does nothing. The limits of sign-in then do not hold.
"""

import logging
import time
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import RedisError

logger = logging.getLogger(__name__)

# After Redis failed, requests do without it for a moment instead of each waiting for it.
PAUSE_SECONDS = 5.0


class _Pause:
    """Shared by the threads of a process: each has a cache object of its own."""

    until = 0.0


class _ForgivingClient(RedisCacheClient):
    """A failure of Redis is a miss, noted in one log line and followed by a short pause."""

    def _ask(self, question: str, otherwise: Any, *arguments: Any) -> Any:
        if time.monotonic() < _Pause.until:
            return otherwise
        try:
            return getattr(super(), question)(*arguments)
        except (RedisError, OSError) as error:
            _Pause.until = time.monotonic() + PAUSE_SECONDS
            logger.warning("the cache does without Redis for now: %s", type(error).__name__)
            return otherwise

    def add(self, key: Any, value: Any, timeout: Any) -> Any:
        # allauth takes it for a lock and would wait for a "no" to become a "yes".
        return self._ask("add", True, key, value, timeout)

    def get(self, key: Any, default: Any) -> Any:
        return self._ask("get", default, key, default)

    def set(self, key: Any, value: Any, timeout: Any) -> None:
        self._ask("set", None, key, value, timeout)

    def touch(self, key: Any, timeout: Any) -> Any:
        return self._ask("touch", False, key, timeout)

    def delete(self, key: Any) -> Any:
        return self._ask("delete", False, key)

    def get_many(self, keys: Any) -> Any:
        return self._ask("get_many", {}, keys)

    def has_key(self, key: Any) -> Any:
        return self._ask("has_key", False, key)

    def incr(self, key: Any, delta: int) -> Any:
        count = self._ask("incr", None, key, delta)
        if count is None:
            # What every cache raises for a key it does not have.
            raise ValueError("Redis does not answer, so nothing is counted.")
        return count

    def set_many(self, data: Any, timeout: Any) -> None:
        self._ask("set_many", None, data, timeout)

    def delete_many(self, keys: Any) -> None:
        self._ask("delete_many", None, keys)

    def clear(self) -> Any:
        return self._ask("clear", False)


class ForgivingRedisCache(RedisCache):
    """The backend named in the settings."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _ForgivingClient

    def ping(self) -> None:
        """Ask Redis itself; raises when it does not answer."""
        self._cache.get_client().ping()


def ping() -> None:
    """Ask the Redis of the cache; raises when it does not answer."""
    cache = caches["default"]
    if isinstance(cache, ForgivingRedisCache):
        cache.ping()
