"""Statements that PostgreSQL reads and plans once a connection."""

from typing import cast

from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts.postgresql.base import DatabaseWrapper


def prepared_cursor() -> CursorWrapper:
    """Like `connection.cursor()`, for what `DatabaseWrapper.prepared_cursor` is meant for."""
    return cast(DatabaseWrapper, connection).prepared_cursor()
