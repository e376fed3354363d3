"""The sign of life of beat and worker."""

from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.utils import timezone
from redis import ConnectionError as RedisConnectionError

from accounts import heartbeat, tasks
from accounts.cache import _Pause


@pytest.fixture(autouse=True)
def _no_heartbeat_yet():
    cache.clear()


def test_unknown_until_a_worker_answered_beat():
    assert heartbeat.last() is None
    before = timezone.now()
    tasks.note_heartbeat()
    noted = heartbeat.last()
    assert noted is not None
    assert before <= noted <= timezone.now()


def test_unknown_without_redis():
    tasks.note_heartbeat()
    try:
        with patch("redis.Redis.get", side_effect=RedisConnectionError):
            assert heartbeat.last() is None
    finally:
        _Pause.until = 0.0
