"""When beat and a worker last did a round together; kept in the cache, so unknown without Redis."""

from datetime import UTC, datetime

from django.core.cache import cache
from django.utils import timezone

_KEY = "heartbeat"
_KEPT_SECONDS = 7 * 24 * 3600
# Beat asks for one every 15 s; after four that failed to come, something is wrong.
LATE_SECONDS = 60


def note() -> None:
    """Called by the task that beat asks for."""
    cache.set(_KEY, timezone.now().timestamp(), _KEPT_SECONDS)


def last() -> datetime | None:
    """None when there was none lately, and when Redis does not answer."""
    noted = cache.get(_KEY)
    return None if noted is None else datetime.fromtimestamp(noted, UTC)
