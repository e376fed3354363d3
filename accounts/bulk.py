"""Writing many rows of one model in one statement.

The rows travel as one JSON document that PostgreSQL takes apart. Django's `bulk_update` spells out
a CASE for each column and row, and its `bulk_create` quotes every value by itself: for a thousand
rows with JSON columns that is most of a request's CPU. (COPY is refused under policies.)
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import DateField, Field
from django.db.models.expressions import DatabaseDefault

from accounts.models import TenantModel

Column: TypeAlias = "Field[Any, Any]"


def insert_rows(rows: Sequence[TenantModel]) -> None:
    """Insert unsaved rows, as `bulk_create` does, in the caller's transaction.

    Columns that are left to the database's default are left to it for all rows.
    """
    if not rows:
        return
    meta = rows[0]._meta
    columns = [
        field
        for field in meta.concrete_fields
        if not field.generated and not isinstance(getattr(rows[0], field.attname), DatabaseDefault)
    ]
    names = _names(columns)
    for field in columns:
        if _sets_itself(field):
            for row in rows:
                field.pre_save(row, add=True)
    values = map(attrgetter(*(field.attname for field in columns)), rows)
    _execute(
        f"INSERT INTO {_quoted(meta.db_table)} ({names})"  # noqa: S608
        f" SELECT {names} FROM {_records(tuple(columns))}",
        columns,
        values,
    )
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias


def _sets_itself(field: Column) -> bool:
    """Whether saving gives the field its value, as `auto_now_add` does."""
    if isinstance(field, DateField):
        return field.auto_now or field.auto_now_add
    return type(field).pre_save is not Field.pre_save


def update_rows(rows: Sequence[TenantModel], fields: Sequence[str], *, workspace_id: UUID) -> None:
    """Save these fields of rows that are in the database already, in the caller's transaction.

    Values are written as they stand: no `auto_now`, no expressions.
    """
    if not rows:
        return
    meta = rows[0]._meta
    by_name = {field.name: field for field in meta.concrete_fields}
    columns = [by_name["id"], *(by_name[name] for name in fields)]
    assignments = ", ".join(
        f"{_quoted(field.column)} = incoming.{_quoted(field.column)}" for field in columns[1:]
    )
    _execute(
        f"UPDATE {_quoted(meta.db_table)} AS present SET {assignments}"  # noqa: S608
        f" FROM {_records(tuple(columns))}"
        " WHERE present.id = incoming.id AND present.workspace_id = %s",
        columns,
        [[getattr(row, field.attname) for field in columns] for row in rows],
        workspace_id,
    )


def _execute(
    statement: str, columns: Sequence[Column], values: Iterable[Sequence[Any]], *more: UUID
) -> None:
    names = [field.column for field in columns]
    rows = [dict(zip(names, row, strict=True)) for row in values]
    # JSON columns may hold times, ids and amounts as Python has them: they get the API's form.
    document = orjson.dumps(rows, default=_text, option=orjson.OPT_UTC_Z)
    with connection.cursor() as cursor:
        # Names come from the models, values travel as parameters.
        cursor.execute(statement, [document.decode(), *more])


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written in bulk.")


@cache
def _records(columns: tuple[Column, ...]) -> str:
    typed = ", ".join(f"{_quoted(field.column)} {field.db_type(connection)}" for field in columns)
    return f"json_to_recordset(%s::json) AS incoming({typed})"


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(_quoted(field.column) for field in columns)


@cache
def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(str(name))
