"""Without Redis the cache is empty, and signing in goes on."""

import logging
import time

import pytest
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCacheClient
from django.test import Client
from redis import ConnectionError as RedisConnectionError

from accounts import cache as forgiving
from tests.world import PASSWORD

GONE = "redis://127.0.0.1:1/0"
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def no_pause():
    forgiving._Pause.until = 0.0
    yield
    forgiving._Pause.until = 0.0


@pytest.fixture
def without_redis(settings):
    settings.REDIS_URL = GONE
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": GONE}}


def sign_in(client, email, password=PASSWORD):
    return client.post(LOGIN, {"login": email, "password": password})


def test_with_redis_it_is_an_ordinary_cache():
    cache.set("a", 1)
    cache.set_many({"b": [2], "c": "3"})
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": [2], "c": "3"}
    assert cache.incr("a") == 2
    assert not cache.add("a", 5)
    assert cache.touch("a")
    assert cache.has_key("a")
    assert cache.delete("a")
    cache.delete_many(["b", "c"])
    assert cache.get("b", "gone") == "gone"
    forgiving.ping()


def test_without_redis_it_is_empty_and_says_so_once(without_redis, caplog):
    with caplog.at_level(logging.WARNING):
        cache.set("a", 1)
        cache.set_many({"b": 2})
        assert cache.get("a", "gone") == "gone"
        assert cache.get_many(["a", "b"]) == {}
        # allauth waits on it as on a lock.
        assert cache.add("a", 1)
        assert not cache.touch("a")
        assert not cache.has_key("a")
        assert not cache.delete("a")
        assert not cache.clear()
        cache.delete_many(["a", "b"])
        with pytest.raises(ValueError, match="nothing is counted"):
            cache.incr("a")
    (line,) = [r for r in caplog.records if r.name == "accounts.cache"]
    assert "without Redis" in line.getMessage()


def test_redis_is_asked_again_after_the_pause(monkeypatch):
    def refuse(*_arguments):
        raise RedisConnectionError

    cache.set("a", 1)
    with monkeypatch.context() as patch:
        patch.setattr(RedisCacheClient, "get", refuse)
        assert cache.get("a") is None
    assert cache.get("a") is None
    forgiving._Pause.until = time.monotonic()
    assert cache.get("a") == 1


def test_sign_in_works_without_redis_and_at_once(without_redis, world):
    client = Client()
    started = time.monotonic()
    assert client.get(LOGIN).status_code == 200
    assert sign_in(client, world.rep.email, "wrong-password").status_code == 200
    response = sign_in(client, world.rep.email)
    assert response.status_code == 302
    assert client.get("/w/home/leads/").status_code == 200
    assert time.monotonic() - started < 5


def test_without_redis_the_limits_of_sign_in_do_not_hold(without_redis, world):
    answers = [sign_in(Client(), world.rep.email, "wrong-password") for _ in range(7)]
    assert {a.status_code for a in answers} == {200}
    assert all("Too many" not in a.content.decode() for a in answers)


def test_with_redis_they_do(world):
    cache.clear()
    for _ in range(6):
        answer = sign_in(Client(), world.rep.email, "wrong-password")
    cache.clear()
    assert "Too many failed login attempts" in answer.content.decode()


def test_readyz_still_tells_the_truth_about_redis(without_redis, db):
    body = Client().get("/readyz").json()
    assert body == {"status": "ok", "database": "ok", "redis": "unreachable"}
