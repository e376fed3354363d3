"""Primary keys: UUIDv7, ordered by time so that indexes stay dense, and safe to print."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new time-ordered UUID, unique without asking the database."""
    return uuid7()
