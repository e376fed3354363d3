"""Keeping the rows that many other rows point at, fast for a rare value and for a common one.

A list is walked in its order until a page is full, which is right for a common value; a rare one
is looked up first and its few rows are sorted. The planner cannot tell which it has before it: it
takes workspace, field and value for independent and the policy for a riddle, guesses far too few
rows, and sorted a third of a workspace for a page (3 s at 240,000 leads). So the database is asked.
"""

import time
from collections.abc import Sequence
from enum import Enum
from typing import Any

from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    F,
    Func,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import RawSQL

# Up to here, looking the rows up and sorting them costs less than walking the list.
FEW = 2_000
# Up to here, a hash of them is made in no time and answers each row of the walk.
SOME = 50_000
# So long the answer is used again: the question took a sixth of a list's time, for a common value
# longer than the list. Each way gives the right rows for any value, so the worst of an old answer
# is a slow list.
REMEMBERED_SECONDS = 60.0
_MOST_REMEMBERED = 1_000


class _Amount(Enum):
    FEW = 1
    SOME = 2
    MANY = 3


_remembered: dict[tuple[Any, ...], tuple[_Amount, float]] = {}


class _IsAnyOf(Func):
    """`column = ANY (array)`: the index is gone through once for all of them.

    `IN (query)` looks up each by itself and reads the policy's setting anew for each, which took
    three times as long.
    """

    template = "%(expressions)s)"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


def among(
    qs: QuerySet[Any],
    path: str,
    pointing: QuerySet[Any],
    column: str,
    *,
    takes_all: bool = False,
    is_short: bool = False,
) -> QuerySet[Any]:
    """The rows of `qs` whose `path` is the `column` of one of the `pointing` rows.

    With `takes_all` every such row is wanted, not the first of them: no walk ends early. Where `qs`
    `is_short`, no hash is worth its making.
    """
    ids = pointing.order_by().values(column)
    sql, parameters = ids.query.sql_with_params()
    amount = _amount(sql, parameters)
    if amount == _Amount.FEW:
        # As it was written for the question: Django would put it together once more.
        return qs.filter(_IsAnyOf(F(path), RawSQL(f"ARRAY({sql})", parameters)))  # noqa: S611
    if takes_all or (amount == _Amount.SOME and not is_short):
        return qs.filter(_hashed(path, ids))
    return qs.filter(asked_by_row(path, pointing, column))


def asked_by_row(path: str, pointing: QuerySet[Any], column: str) -> Subquery:
    """Whether `path` is the `column` of one of the `pointing` rows, looked up for each row shown.

    Of `EXISTS` and of `IN` the planner may read all that point, once and beforehand; of this not.
    """
    held = pointing.order_by().filter(**{column: OuterRef(path)}).values(_one=Value(True))
    return Subquery(held[:1], output_field=BooleanField())


def _hashed(path: str, ids: QuerySet[Any]) -> Case:
    """Inside CASE the planner leaves the list a list: it is hashed once, and asked row by row."""
    held = When(**{f"{path}__in": ids}, then=Value(True))
    return Case(held, default=Value(False), output_field=BooleanField())


def _amount(sql: str, parameters: Sequence[Any]) -> _Amount:
    key = (sql, *parameters)
    amount, until = _remembered.get(key, (_Amount.MANY, 0.0))
    if until < time.monotonic():
        amount = _counted(sql, parameters)
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[key] = (amount, time.monotonic() + REMEMBERED_SECONDS)
    return amount


def _counted(sql: str, parameters: Sequence[Any]) -> _Amount:
    if not _has_more_than(FEW, sql, parameters):
        return _Amount.FEW
    return _Amount.MANY if _has_more_than(SOME, sql, parameters) else _Amount.SOME


def _has_more_than(count: int, sql: str, parameters: Sequence[Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} OFFSET %s LIMIT 1", [*parameters, count])
        return cursor.fetchone() is not None
