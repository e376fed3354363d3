"""The short number people say aloud: one sequence for contacts and leads of the installation."""

from collections.abc import Iterable
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from accounts.among import among
from accounts.models import TenantQuerySet

SEQUENCE = "leadloop_number"
MAX_NUMBER = 2**63 - 1
MAX_DIGITS = len(str(MAX_NUMBER))


class NextNumber(models.Func):
    """``nextval('leadloop_number')``, as a database default."""

    template = f"nextval('{SEQUENCE}'::regclass)"
    output_field = models.BigIntegerField()


class NumberField(models.BigIntegerField):
    """A number from the sequence, known as soon as the row is inserted."""

    # Ask for the value with the INSERT's RETURNING instead of reading the row again.
    db_returning = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"db_default": NextNumber(), "editable": False}
        super().__init__(*args, **kwargs)


def read_ref(ref: object) -> UUID | int | None:
    """The UUID or number that a text names; None for anything else."""
    if isinstance(ref, UUID):
        return ref
    text = str(ref).strip()
    if text.isascii() and text.isdigit():
        # Python refuses to read thousands of digits; nothing has such a number anyway.
        short = len(text) <= MAX_DIGITS and int(text) <= MAX_NUMBER
        return int(text) if short else None
    try:
        return UUID(text)
    except ValueError:
        return None


class NumberedQuerySet(TenantQuerySet):
    """Rows that answer to their UUID or to their short number."""

    def by_ref(self, ref: object) -> Self:
        """The row named by a UUID or a number; none for anything else."""
        named = read_ref(ref)
        if named is None:
            return self.none()
        return self.filter(number=named) if isinstance(named, int) else self.filter(pk=named)

    def by_refs(self, refs: Iterable[object]) -> Self:
        """The rows named by UUIDs and numbers, in one query."""
        named = {read_ref(ref) for ref in refs}
        numbers = [ref for ref in named if isinstance(ref, int)]
        ids = [ref for ref in named if isinstance(ref, UUID)]
        return self.filter(Q(number__in=numbers) | among("pk", ids))
