"""Keeping the rows that many other rows point at, fast for a rare value and for a common one.

A list is walked in its order until a page is full, which is right for a common value; a rare one
is looked up first and its few rows are sorted. The planner cannot tell which it has before it: it
takes workspace, field and value for independent and the policy for a riddle, guesses far too few
rows, and sorted a third of a workspace for a page (3 s at 240,000 leads). So the database is asked.
"""

from typing import Any

from django.db.models import BooleanField, Case, OuterRef, QuerySet, Subquery, Value, When

# Up to here, looking the rows up and sorting them costs less than walking the list.
FEW = 2_000
# Up to here, a hash of them is made in no time and answers each row of the walk.
SOME = 50_000
# Between the question and the query others may add a few.
_SLACK = 1_000


def among(qs: QuerySet[Any], path: str, pointing: QuerySet[Any], column: str) -> QuerySet[Any]:
    """The rows of `qs` whose `path` is the `column` of one of the `pointing` rows."""
    ids = pointing.order_by().values(column)
    if not _has_more_than(ids, FEW):
        # The limit tells the planner how few there can be.
        return qs.filter(**{f"{path}__in": ids[: FEW + _SLACK]})
    if not _has_more_than(ids, SOME):
        # Inside CASE the planner leaves the list a list: it is hashed once, and asked row by row.
        held = When(**{f"{path}__in": ids[: SOME + _SLACK]}, then=Value(True))
        return qs.filter(Case(held, default=Value(False), output_field=BooleanField()))
    held_by_row = pointing.order_by().filter(**{column: OuterRef(path)}).values(_one=Value(True))
    return qs.filter(Subquery(held_by_row[:1], output_field=BooleanField()))


def _has_more_than(ids: QuerySet[Any], count: int) -> bool:
    return bool(ids[count : count + 1])
