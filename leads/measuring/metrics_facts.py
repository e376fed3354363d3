"""What is measured of each lead, read from its row: the one definition of every figure.

A lead came as far as its status says, or where it was lost; a time it once got also counts, so that
a lead back from a cancelled appointment was scheduled. Clocks run from the moment it came in,
through nights and weekends; what happened before, in an imported past, took no time.
"""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from accounts.local_days import start_of
from leads.measuring.metrics_tally import STAGES, Fact
from leads.models import Status

NOBODY = ""

_STAGES = "ARRAY[" + ", ".join(f"'{stage.value}'" for stage in STAGES) + "]"
_REACHED_AT = (
    ("converted_at", 7),
    ("completed_at", 6),
    ("scheduled_at", 5),
    ("qualified_at", 4),
    ("conversing_at", 3),
    ("first_contacted_at", 2),
    ("enriched_at", 1),
)
_BY_TIME = " ".join(f"WHEN {column} IS NOT NULL THEN {place}" for column, place in _REACHED_AT)


def reached(stage: str) -> Q:
    """Which leads count as having come to a stage, or beyond it."""
    place = STAGES.index(Status(stage))
    beyond = [later.value for later in STAGES[place:]]
    condition = Q(status__in=beyond) | Q(lost_from__in=beyond)
    for column, at in _REACHED_AT:
        if at >= place:
            condition |= Q(**{f"{column}__isnull": False})
    # Every lead came in.
    return condition if place else Q()


def _milliseconds(column: str) -> str:
    length = f"greatest(0, floor(extract(epoch FROM {column} - created_at) * 1000))::bigint"
    return f"CASE WHEN {column} IS NOT NULL THEN {length} END"


_FACTS = (
    "SELECT source, coalesce(assigned_to_id::text, ''), status,"
    f" greatest(array_position({_STAGES}, status::text) - 1,"
    f" array_position({_STAGES}, lost_from::text) - 1,"
    f" CASE {_BY_TIME} ELSE 0 END),"
    " CASE WHEN status = 'lost' THEN loss_reason ELSE '' END,"
    " CASE WHEN status = 'lost' THEN unqualified_reason ELSE '' END,"
    f" {_milliseconds('first_contacted_at')}, {_milliseconds('qualified_at')},"
    f" {_milliseconds('scheduled_at')}"
)


def _condition(
    workspace_id: UUID,
    *,
    since: datetime | None,
    before: datetime | None,
    source: str | None,
    owner: str | None,
) -> tuple[str, list[Any]]:
    given = [
        ("workspace_id = %s", workspace_id),
        ("created_at >= %s", since),
        ("created_at < %s", before),
        ("source = %s", source),
        ("assigned_to_id = %s", owner or None),
    ]
    parts = [text for text, value in given if value is not None] + ["deleted_at IS NULL"]
    if owner == NOBODY:
        parts.append("assigned_to_id IS NULL")
    return " AND ".join(parts), [value for _text, value in given if value is not None]


def facts(
    workspace_id: UUID,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    source: str | None = None,
    owner: str | None = None,
) -> list[Fact]:
    """Of the leads that came in from `since` on and before `before`, and are not deleted."""
    condition, values = _condition(
        workspace_id, since=since, before=before, source=source, owner=owner
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{_FACTS} FROM leads_lead WHERE {condition}", values)
        return list(map(Fact._make, cursor.fetchall()))


def number_up_to(
    most: int,
    workspace_id: UUID,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    source: str | None = None,
    owner: str | None = None,
) -> int:
    """How many leads that are; `most` where there are as many or more."""
    condition, values = _condition(
        workspace_id, since=since, before=before, source=source, owner=owner
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM"  # noqa: S608 - constants
            f" (SELECT 1 FROM leads_lead WHERE {condition} LIMIT %s) AS found",
            [*values, most],
        )
        return int(cursor.fetchone()[0])


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the first moment of a day of that calendar to the first of the next."""
    return start_of(day, zone), start_of(day + timedelta(days=1), zone)
