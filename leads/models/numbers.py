"""The short number people say aloud: one sequence for contacts and leads of the installation."""

from typing import Any, Self
from uuid import UUID

from django.db import models

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


class NumberedQuerySet(TenantQuerySet):
    """Rows that answer to their UUID or to their short number."""

    def by_ref(self, ref: object) -> Self:
        """The row named by a UUID or a number; none for anything else."""
        text = str(ref).strip()
        if text.isascii() and text.isdigit():
            # Python refuses to read thousands of digits; nothing has such a number anyway.
            short = len(text) <= MAX_DIGITS and int(text) <= MAX_NUMBER
            return self.filter(number=int(text)) if short else self.none()
        try:
            return self.filter(pk=UUID(text))
        except ValueError:
            return self.none()
