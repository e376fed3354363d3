"""Writing many rows of one model in one statement.

The rows travel as one JSON document that PostgreSQL takes apart; what is the same in all of them
travels once, in a second one. Django's `bulk_update` spells out a CASE for each column and row, and
its `bulk_create` quotes every value by itself: for a thousand rows with JSON columns that is most
of a request's CPU. (COPY is refused under policies.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import DateField, F, Field, JSONField
from django.db.models.expressions import DatabaseDefault

from accounts.models import TenantModel
from accounts.postgresql.prepared import prepared_cursor

Column: TypeAlias = "Field[Any, Any]"

# Of fewer rows every column travels with each: their statements stay few, and stay prepared.
MANY = 20
# Which columns are the same makes another statement, of which these are kept.
_STATEMENTS = 500


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
    for field in columns:
        if _sets_itself(field):
            for row in rows:
                field.pre_save(row, add=True)
    given = _taken_apart(rows, columns)
    _execute(_insert(meta.db_table, given.differing, given.common), given)
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
    given = _taken_apart(rows, columns)
    statement = _update(type(rows[0]), given.differing, given.common)
    _execute(statement, given, workspace_id)


@dataclass(frozen=True)
class _Given:
    """Rows by column: those whose values differ, with the values, and those with one for all."""

    differing: tuple[Column, ...]
    values: Sequence[Sequence[Any]]
    common: tuple[Column, ...]
    value: Sequence[Any]


def _taken_apart(rows: Sequence[TenantModel], columns: Sequence[Column]) -> _Given:
    differing: dict[Column, Sequence[Any]] = {}
    common: dict[Column, Any] = {}
    for field in columns:
        values = list(map(attrgetter(field.attname), rows))
        if len(rows) >= MANY and _are_same(field, values):
            common[field] = values[0]
        else:
            differing[field] = values
    return _Given(
        differing=tuple(differing),
        values=[*zip(*differing.values(), strict=True)],
        common=tuple(common),
        value=[*common.values()],
    )


def _are_same(field: Column, values: Sequence[Any]) -> bool:
    first = values[0]
    if isinstance(field, JSONField):
        # Equal documents may be written differently: 1, 1.0 and true.
        return all(value is first for value in values)
    return all(value is first or value == first for value in values)


def _execute(statement: str, given: _Given, *more: UUID) -> None:
    names = [field.column for field in given.differing]
    rows = [dict(zip(names, row, strict=True)) for row in given.values]
    common = {field.column: value for field, value in zip(given.common, given.value, strict=True)}
    with prepared_cursor() as cursor:
        # Names come from the models, values travel as parameters.
        cursor.execute(statement, [_document(rows), _document(common), *more])


def _document(content: object) -> str:
    # JSON columns may hold times, ids and amounts as Python has them: they get the API's form.
    return orjson.dumps(content, default=_text, option=orjson.OPT_UTC_Z).decode()


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written in bulk.")


@lru_cache(_STATEMENTS)
def _insert(table: str, differing: tuple[Column, ...], common: tuple[Column, ...]) -> str:
    names = ", ".join(_quoted(field.column) for field in (*differing, *common))
    sources = ", ".join(_sources(differing, common).values())
    return (
        f"INSERT INTO {_quoted(table)} ({names})"  # noqa: S608
        f" SELECT {sources} FROM {_records(differing, common)}"
    )


@lru_cache(_STATEMENTS)
def _update(
    model: type[TenantModel], differing: tuple[Column, ...], common: tuple[Column, ...]
) -> str:
    sources = {**_untouched(model), **_sources(differing, common)}
    del sources[_quoted("id")]
    assignments = ", ".join(f"{name} = {source}" for name, source in sources.items())
    return (
        f"UPDATE {_quoted(model._meta.db_table)} AS present SET {assignments}"  # noqa: S608
        f" FROM {_records(differing, common)}"
        " WHERE present.id = incoming.id AND present.workspace_id = %s"
    )


def _untouched(model: type[TenantModel]) -> dict[str, str]:
    """Columns to write as they are: one that each generated column is made of.

    Where none of those is written, PostgreSQL 18 reads the generated column's definition anew for
    every row, which takes longer than to make the value.
    """
    columns: list[str] = []
    for field in model._meta.concrete_fields:
        if field.generated:
            parts: Any = field.expression.flatten()  # type: ignore[attr-defined]
            first: Any = next(part for part in parts if isinstance(part, F))
            columns.append(str(model._meta.get_field(first.name).column))  # type: ignore[union-attr]
    return {_quoted(column): f"present.{_quoted(column)}" for column in columns}


def _sources(differing: tuple[Column, ...], common: tuple[Column, ...]) -> dict[str, str]:
    """Where each column's value is found, by the column's name."""
    own = {_quoted(field.column): f"incoming.{_quoted(field.column)}" for field in differing}
    return own | {_quoted(field.column): f"common.{_quoted(field.column)}" for field in common}


def _records(differing: tuple[Column, ...], common: tuple[Column, ...]) -> str:
    # One row where nothing is common, too: an empty list of columns is not allowed.
    shared = _typed(common) or '"nothing" text'
    return (
        f"json_to_recordset(%s::json) AS incoming({_typed(differing)}),"
        f" json_to_record(%s::json) AS common({shared})"
    )


def _typed(columns: tuple[Column, ...]) -> str:
    return ", ".join(f"{_quoted(field.column)} {field.db_type(connection)}" for field in columns)


@cache
def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(str(name))
