"""Primary keys: UUIDv7, ordered by time so that indexes stay dense, and safe to print."""

from datetime import datetime
from uuid import UUID

import uuid_utils
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new time-ordered UUID, unique without asking the database."""
    return uuid7()


def new_id_array(count: int) -> str:
    """So many new ids as the text of one PostgreSQL array, for rows that a statement makes.

    They never become Python's UUIDs, each of which takes longer to make than to store.
    """
    return f"{{{','.join([str(uuid_utils.uuid7()) for _number in range(count)])}}}"


def first_id_at(moment: datetime) -> UUID:
    """The smallest id of a moment: with it, the index of primary keys finds what is older."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62)
