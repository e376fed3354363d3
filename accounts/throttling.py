"""How many requests a workspace may make in an hour, shared by its keys.

Counted in Redis by the clock's hour. When Redis is gone, each web process counts for itself with
the same limit: a workspace may then make a few times its limit, which is better than refusing all
of them, and better than no limit at all.
"""

import logging
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 3600
# Redis is asked within a request: it answers at once or not at all.
TIMEOUT_SECONDS = 0.25
# After it failed, requests do without it for a moment instead of each waiting for it.
PAUSE_SECONDS = 5.0


@dataclass(frozen=True)
class Allowance:
    """How the caller stands in the present window."""

    limit: int
    used: int
    reset_seconds: int

    @property
    def is_exceeded(self) -> bool:
        return self.used > self.limit

    @property
    def headers(self) -> dict[str, str]:
        """`RateLimit-*`, and `Retry-After` when it is used up."""
        headers = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "RateLimit-Reset": str(self.reset_seconds),
        }
        return headers | ({"Retry-After": str(self.reset_seconds)} if self.is_exceeded else {})


class _OwnCount:
    """The fallback: this process's own counts, forgotten when there are too many of them."""

    MOST_KEYS = 10_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: dict[str, int] = {}

    def add(self, key: str) -> int:
        with self._lock:
            if len(self._used) >= self.MOST_KEYS:
                self._used = {}
            self._used[key] = self._used.get(key, 0) + 1
            return self._used[key]


_own_count = _OwnCount()
_without_redis_until = 0.0


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
    )


def count_request(owner_id: UUID, limit: int) -> Allowance:
    """Count one request of a workspace (or organization) and say how it stands."""
    return count(str(owner_id), limit, WINDOW_SECONDS)


def count(name: str, limit: int, window_seconds: int) -> Allowance:
    """Count one more of `name` in the present window of the clock."""
    window, passed = divmod(int(time.time()), window_seconds)
    used = _count(f"{name}:{window}", 2 * window_seconds)
    return Allowance(limit, used, window_seconds - passed)


def _count(key: str, keep_seconds: int) -> int:
    global _without_redis_until
    if time.monotonic() >= _without_redis_until:
        try:
            with _client().pipeline(transaction=False) as pipeline:
                pipeline.incr(f"leadloop:count:{key}")
                pipeline.expire(f"leadloop:count:{key}", keep_seconds)
                return int(pipeline.execute()[0])
        except redis.RedisError:
            _without_redis_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("Redis does not answer: requests are counted by each process itself")
    return _own_count.add(key)
