"""Primary keys: UUIDv7, ordered by time so that indexes stay dense, and safe to print."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new time-ordered UUID, unique without asking the database."""
    return uuid7()


def first_id_at(moment: datetime) -> UUID:
    """The smallest id of a moment: with it, the index of primary keys finds what is older."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62)
