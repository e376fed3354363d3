"""Waiting for others who are about the same thing, before there is a row to lock."""

from collections.abc import Iterable

from django.db import connection


def wait_for_others(names: Iterable[str], *, shared: bool = False) -> None:
    """Hold these names until the transaction ends; whoever holds one of them is waited for.

    Holders of a `shared` name wait only for those who want it for themselves. Names are taken in
    one order, so that two callers with several of them cannot wait for each other.
    """
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {function}(key) FROM ("  # noqa: S608 - one of two names
            " SELECT DISTINCT hashtextextended(name, 0) AS key FROM unnest(%s::text[]) AS name"
            " ORDER BY key) AS ordered",
            [list(names)],
        )
