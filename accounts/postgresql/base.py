"""What Django loads as the database backend of that engine name."""

import select
from typing import Any, Self

import psycopg
from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper


class DatabaseOperations(operations.DatabaseOperations):
    """Shows what ran for debugging, also where it ran by the name it was prepared under."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> Any:
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks the socket before it asks the server whether a kept connection is still good.

    A server that has gone closes its connections, and a closed one is readable. Silence between two
    requests therefore means that nothing happened, and saves each request a round trip.
    """

    ops_class = DatabaseOperations
    _is_direct = False

    def is_usable(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN | select.POLLERR | select.POLLHUP)
        return bool(super().is_usable()) if poll.poll(0) else True

    def init_connection_state(self) -> None:
        super().init_connection_state()
        # A pooler such as PgBouncer gives out process numbers of its own. Behind it the next
        # transaction may meet another server, which knows nothing of what was prepared.
        asked = self.connection.execute("SELECT pg_backend_pid()").fetchone()
        self._is_direct = asked == (self.connection.info.backend_pid,)

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor for a statement whose text is always the same.

        PostgreSQL then reads and plans it once a connection instead of at each call. Only for what
        one plan fits, whatever the parameters: rows that are looked up by a key.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        if not self._is_direct:
            return self.cursor()
        with self.wrap_database_errors:
            cursor = _PreparedCursor(self.connection)
            return self._prepare_cursor(cursor)  # type: ignore[attr-defined]


class _PreparedCursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **_options: Any) -> Self:
        # A threshold lets psycopg prepare at all. Left on, it would keep the text of every other
        # statement, values included, to count how often it comes.
        self.connection.prepare_threshold = 0
        try:
            return super().execute(query, params, prepare=True)
        finally:
            self.connection.prepare_threshold = None
