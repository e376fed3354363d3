"""Kept connections are asked for health where it costs nothing, and keep statements prepared."""

from unittest.mock import patch

import pytest
from django.db import connection, connections
from django.db.backends.postgresql import base
from django.test.utils import CaptureQueriesContext
from psycopg import ConnectionInfo

from accounts.postgresql.prepared import prepared_cursor
from accounts.tenancy import scope, system_scope
from leads.models import Contact
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


PREPARED = "SELECT statement FROM pg_prepared_statements"


def asked_twice(own):
    """What the server keeps ready after a statement was run twice by `prepared_cursor`."""
    for number in (1, 2):
        with own.prepared_cursor() as cursor:
            cursor.execute("SELECT %s::int", [number])
            assert cursor.fetchone() == (number,)
    with own.cursor() as cursor:
        cursor.execute(PREPARED)
        return [statement for (statement,) in cursor.fetchall()]


def test_a_prepared_statement_is_kept_and_others_are_not(fresh):
    assert asked_twice(fresh) == ["SELECT $1::int"]
    assert not fresh.connection._prepared._counts, "texts of other statements are kept"


def test_nothing_is_prepared_behind_a_pooler(transactional_db):
    own = connections.create_connection("default")
    with patch.object(ConnectionInfo, "backend_pid", 0):
        own.connect()
    try:
        assert asked_twice(own) == []
    finally:
        own.close()


def test_a_prepared_statement_is_told_of_like_any_other(fresh):
    with CaptureQueriesContext(fresh) as captured:
        asked_twice(fresh)
    assert [query["sql"] for query in captured] == ["SELECT %s::int", "SELECT %s::int", PREPARED]


def test_a_statement_is_prepared_anew_after_a_rollback(fresh):
    asked_twice(fresh)
    fresh.set_autocommit(False)
    asked_twice(fresh)
    fresh.rollback()
    fresh.set_autocommit(True)
    assert asked_twice(fresh) == ["SELECT $1::int"]


def test_a_prepared_statement_shows_each_scope_its_own_rows(world):
    with world.scope():
        mine = Contact.objects.create(workspace=world.home, first_name="Ann")

    def seen() -> list[tuple[str]]:
        with prepared_cursor() as cursor:
            cursor.execute("SELECT first_name FROM leads_contact WHERE id = %s", [mine.pk])
            return cursor.fetchall()

    for _round in range(8):
        with world.scope():
            assert seen() == [("Ann",)]
        with scope(world.abroad.pk):
            assert seen() == []
        assert seen() == []
        with system_scope():
            assert seen() == [("Ann",)]
