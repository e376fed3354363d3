"""How often one address may send one public form.

Counted in the cache, so that all processes count together. Without it (Redis is gone) each process
counts for itself: forms stay open, and a flood is still bounded by the number of processes.
"""

import ipaddress
import logging
import threading
import time
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 600
# An office behind one address, with typing errors, stays well below.
MOST_IN_WINDOW = 20
# How long to leave a cache alone that did not answer: each attempt may take its whole time-out.
PAUSE_SECONDS = 5
MOST_COUNTED_HERE = 10_000
# A home or an office has a whole /64 of IPv6 addresses.
IPV6_PREFIX = 64


class _OwnCounts:
    """The counts of this process alone; never more than `MOST_COUNTED_HERE` of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self.cache_gone_until = 0.0

    def add(self, key: str) -> int:
        with self._lock:
            if key not in self._counts and len(self._counts) >= MOST_COUNTED_HERE:
                self._counts.clear()
            self._counts[key] = self._counts.get(key, 0) + 1
            return self._counts[key]


_here = _OwnCounts()


def may_send(form_id: UUID, request: HttpRequest) -> bool:
    """Count one attempt; False when the address has used up its share for now."""
    window = int(time.time()) // WINDOW_SECONDS
    return _count(f"lead-form:{form_id}:{_address(request)}:{window}") <= MOST_IN_WINDOW


def _count(key: str) -> int:
    if time.monotonic() >= _here.cache_gone_until:
        try:
            cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
            return int(cache.incr(key))
        except (RedisError, ValueError) as error:
            # ValueError: evicted between the two calls.
            logger.warning("forms are counted per process: %s", type(error).__name__)
            _here.cache_gone_until = time.monotonic() + PAUSE_SECONDS
    return _here.add(key)


def _address(request: HttpRequest) -> str:
    """Whoever sends, as sign-in sees them; an IPv6 address stands for its network."""
    try:
        text = get_adapter().get_client_ip(request)
    except PermissionDenied:
        # The proxies in front are fewer than configured; a form is no reason to turn people away.
        text = request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if address.version == 6:
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
    return text
