"""What Django loads as the database backend of that engine name."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks the socket before it asks the server whether a kept connection is still good.

    A server that has gone closes its connections, and a closed one is readable. Silence between two
    requests therefore means that nothing happened, and saves each request a round trip.
    """

    def is_usable(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN | select.POLLERR | select.POLLHUP)
        return bool(super().is_usable()) if poll.poll(0) else True
