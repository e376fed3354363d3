"""A condition on a thousand ids.

Django's `IN` writes each id out: Python quotes them one by one, and PostgreSQL reads and casts them
one by one. As one array they travel as a single text.
"""

from collections.abc import Collection
from uuid import UUID

from django.db.models import BooleanField, F, Func, Q, Value


class _Among(Func):
    template = "%(expressions)s::uuid[])"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def among(path: str, ids: Collection[UUID]) -> Q:
    """The rows whose `path` is one of `ids`; where there is no id, Django asks nobody."""
    if not ids:
        return Q(**{f"{path}__in": []})
    return Q(_Among(F(path), Value(array_of(ids))))


def array_of(ids: Collection[UUID]) -> str:
    """The ids as the text of one PostgreSQL array."""
    return f"{{{','.join([one.hex for one in ids])}}}"
