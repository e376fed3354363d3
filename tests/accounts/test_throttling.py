"""Requests are limited per workspace and hour, with Redis and without."""

import pytest
from django.test import Client

from accounts import throttling

LEADS = "/api/v1/leads/"


@pytest.fixture(autouse=True)
def with_redis_again():
    throttling._without_redis_until = 0.0
    throttling._client.cache_clear()
    yield
    throttling._without_redis_until = 0.0
    throttling._client.cache_clear()


@pytest.fixture(params=["redis", "without redis"])
def limited(request, world, settings):
    if request.param == "without redis":
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
    world.home.rate_limit_per_hour = 3
    world.home.save()
    return world


def get(key, **headers):
    return Client().get(LEADS, headers={"X-API-Key": key, **headers})


def test_a_workspaces_keys_share_its_limit(limited):
    first, second = limited.key(), limited.key()
    answers = [get(first), get(second), get(first), get(second)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert [a["RateLimit-Remaining"] for a in answers] == ["2", "1", "0", "0"]
    refused = answers[-1]
    assert refused["RateLimit-Limit"] == "3"
    assert 0 < int(refused["Retry-After"]) <= 3600
    assert refused.json()["code"] == "rate_limited"
    assert get(limited.key(limited.abroad)).status_code == 200
