"""Kept connections are asked for their health where that costs nothing."""

from unittest.mock import patch

import pytest
from django.db import connection, connections
from django.db.backends.postgresql import base

from tests.concurrency import eventually


@pytest.fixture
def fresh(transactional_db):
    own = connections.create_connection("default")
    own.connect()
    yield own
    own.close()


def test_a_quiet_connection_is_usable_without_asking_the_server(fresh):
    with patch.object(base.DatabaseWrapper, "is_usable") as asked:
        assert fresh.is_usable()
    asked.assert_not_called()
    with fresh.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_connection_with_something_to_tell_is_asked(fresh):
    with fresh.cursor() as cursor:
        cursor.execute("LISTEN something")
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY something")
    with patch.object(base.DatabaseWrapper, "is_usable", return_value=True) as asked:
        eventually(lambda: fresh.is_usable() and asked.called, "the notice to arrive")


def test_a_connection_that_the_server_ended_is_not_usable(fresh):
    pid = fresh.connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert not fresh.is_usable()


def test_a_connection_that_never_was_or_is_closed_is_not_usable(fresh):
    fresh.connection.close()
    assert not fresh.is_usable()
    fresh.connection = None
    assert not fresh.is_usable()
