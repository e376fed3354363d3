"""Keeping days and months counted, so that long periods of large workspaces are added up at once.

Whoever changes a lead marks the day it came in on: a trigger does, in the same transaction. Beat
counts marked days anew, takes what they were out of their month and puts in what they are.
Once a day everything is marked, so that whatever went wrong is put right. A workspace that is small
enough to be counted while one waits has no documents.
"""

import time as clock
import zlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.db import connection
from django.db.models import Min, Q
from django.utils import timezone

from accounts.locks import wait_for_others
from accounts.models import Workspace
from accounts.tenancy import system_scope
from leads.measuring.metrics_facts import day_bounds, facts, number_up_to
from leads.measuring.metrics_tally import MEASURES, Cells, Counted, Tally, counted_cells, summed
from leads.models import MetricsDocument, MetricsMark

# Up to here a period is counted lead by lead whenever somebody looks: exact and never late.
COUNTED_LIVE = 6_000
# Days counted in one transaction.
DAYS_AT_ONCE = 20
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

Span = MetricsDocument.Span
_SOURCE, _OWNER = "source:", "owner:"
# As the database driver hands it out.
Sealed = bytes | memoryview
# By part ("", "source:…", "owner:…"), as `MetricsDocument` has them.
Parts = dict[str, Counted]


def recount(*, until: float | None = None) -> int:
    """Count every marked day anew; returns how many there were.

    Safe beside itself. Stops with the step that ends after `until` (`time.monotonic`).
    """
    counted = 0
    with system_scope():
        marked = list(MetricsMark.objects.order_by().values_list("workspace_id").distinct())
    for (workspace_id,) in marked:
        while days := _recount_some(workspace_id):
            counted += days
            if until is not None and clock.monotonic() > until:
                return counted
    return counted


def mark_all(*, at: datetime | None = None) -> None:
    """Have everything of every workspace counted anew: to repair."""
    with system_scope():
        for workspace in Workspace.objects.only("pk"):
            mark_workspace(workspace.pk, at=at)


def mark_workspace(workspace_id: UUID, *, at: datetime | None = None) -> None:
    """Have every lead of the workspace counted anew.

    `at` is when they changed (now); with `NEVER` what was counted is not used until then.
    """
    changed = at or timezone.now()
    with connection.cursor() as cursor:
        # Days that were counted and have no lead any more are marked at their noon.
        cursor.execute(
            "INSERT INTO leads_metricsmark (id, created_at, workspace_id, at)"
            " SELECT gen_random_uuid(), %(changed)s, %(workspace)s, at FROM ("
            " SELECT date_bin('15 minutes', created_at, '2000-01-01 00:00+00') FROM leads_lead"
            " WHERE workspace_id = %(workspace)s AND deleted_at IS NULL"
            " UNION SELECT starts + time '12:00' AT TIME ZONE w.time_zone"
            " FROM leads_metricsdocument d JOIN accounts_workspace w ON w.id = d.workspace_id"
            " WHERE d.workspace_id = %(workspace)s AND part = '' AND span = 'day'"
            ") AS changed (at)",
            {"changed": changed, "workspace": workspace_id},
        )


def counted_until(workspace_id: UUID) -> datetime | None:
    """What changed until then is in the documents; None where there are none to rely on."""
    now = timezone.now()
    marks = MetricsMark.objects.in_workspace(workspace_id)
    oldest: datetime = marks.aggregate(oldest=Min("created_at"))["oldest"] or now
    is_counted = MetricsDocument.objects.in_workspace(workspace_id).exists()
    return oldest if is_counted and oldest > NEVER else None


def follow_calendar(workspace: Workspace, changed: Iterable[str]) -> None:
    """In another time zone other leads make a day: nothing that was counted holds."""
    if "time_zone" in changed:
        MetricsDocument.objects.in_workspace(workspace.pk).delete()
        mark_workspace(workspace.pk, at=NEVER)


def _recount_some(workspace_id: UUID) -> int:
    with system_scope():
        wait_for_others([f"metrics:{workspace_id}"])
        workspace = Workspace.objects.filter(pk=workspace_id).first()
        marks = MetricsMark.objects.in_workspace(workspace_id)
        documents = MetricsDocument.objects.in_workspace(workspace_id)
        if workspace is None or number_up_to(COUNTED_LIVE + 1, workspace_id) <= COUNTED_LIVE:
            marks.delete()
            documents.delete()
            return 0
        if not documents.exists() and not marks.filter(created_at=NEVER).exists():
            # It has just grown beyond what is counted live.
            mark_workspace(workspace_id, at=NEVER)
        days = _take_marked_days(workspace_id, workspace.time_zone)
        _recount_days(workspace_id, days, ZoneInfo(workspace.time_zone))
        return len(days)


def _take_marked_days(workspace_id: UUID, zone: str) -> list[date]:
    """The newest of them, whose marks are gone now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT (at AT TIME ZONE %s)::date AS day FROM leads_metricsmark"
            " WHERE workspace_id = %s ORDER BY day DESC LIMIT %s",
            [zone, workspace_id, DAYS_AT_ONCE],
        )
        days = [day for (day,) in cursor.fetchall()]
        # What is marked from here on was not counted by what follows, and stays.
        cursor.execute(
            "DELETE FROM leads_metricsmark"
            " WHERE workspace_id = %s AND (at AT TIME ZONE %s)::date = ANY(%s)",
            [workspace_id, zone, days],
        )
    return days


def _recount_days(workspace_id: UUID, days: Iterable[date], zone: ZoneInfo) -> None:
    months: dict[date, Parts] = {}
    for day in days:
        since, before = day_bounds(day, zone)
        now = parts_of(counted_cells(facts(workspace_id, since=since, before=before)))
        first = day.replace(day=1)
        if first not in months:
            months[first] = _stored(workspace_id, Span.MONTH, first)
        for sign, parts in ((-1, _stored(workspace_id, Span.DAY, day)), (1, now)):
            for name, counted in parts.items():
                months[first].setdefault(name, Counted.empty()).add(counted, sign=sign)
        _store(workspace_id, Span.DAY, day, now)
    for first, parts in months.items():
        _store(workspace_id, Span.MONTH, first, parts)


def parts_of(cells: Cells) -> Parts:
    """Everything, and each source and each owner by itself."""
    parts = {"": summed(cells)}
    for source in parts[""].by_source:
        chosen = {key: cell for key, cell in cells.items() if key[0] == source}
        parts[_SOURCE + source] = summed(chosen)
    for owner in parts[""].by_owner:
        chosen = {key: cell for key, cell in cells.items() if key[1] == owner}
        parts[_OWNER + owner] = summed(chosen)
    return parts


def _stored(workspace_id: UUID, span: str, starts: date) -> Parts:
    rows = MetricsDocument.objects.in_workspace(workspace_id).filter(span=span, starts=starts)
    return {row.part: read(row.total, row.parts) for row in rows}


def _store(workspace_id: UUID, span: str, starts: date, parts: Parts) -> None:
    rows = MetricsDocument.objects.in_workspace(workspace_id).filter(span=span, starts=starts)
    rows.delete()
    MetricsDocument.objects.bulk_create(
        MetricsDocument(
            workspace_id=workspace_id,
            span=span,
            starts=starts,
            part=name,
            total=_sealed(counted.total.form()),
            parts=_sealed(
                [
                    {key: tally.form(_shown(name)) for key, tally in tallies.items() if tally.leads}
                    for tallies in (counted.by_source, counted.by_owner)
                ]
            ),
        )
        for name, counted in parts.items()
        if counted.total.leads
    )


def _shown(part: str) -> tuple[str, ...]:
    """The measures of its parts: an owner's leads of one source are also asked for alone."""
    return MEASURES if part.startswith(_SOURCE) else ("contact",)


def _sealed(form: object) -> bytes:
    return zlib.compress(orjson.dumps(form), 1)


def _opened(sealed: Sealed) -> Any:
    return orjson.loads(zlib.decompress(sealed))


def read(total: Sealed, parts: Sealed | None) -> Counted:
    """A document's content; without its `parts` where they are not asked for."""
    counted = Counted(Tally.of_form(_opened(total)))
    if parts is not None:
        by_source, by_owner = _opened(parts)
        counted.by_source = {key: Tally.of_form(form) for key, form in by_source.items()}
        counted.by_owner = {key: Tally.of_form(form) for key, form in by_owner.items()}
    return counted


def added_up(
    workspace_id: UUID,
    *,
    since: date | None,
    until: date | None,
    source: str | None = None,
    owner: str | None = None,
    with_parts: bool = True,
) -> Counted:
    """The leads that came in from day `since` to day `until`, both included, from documents."""
    part = _SOURCE + source if source is not None else "" if owner is None else _OWNER + owner
    rows = MetricsDocument.objects.in_workspace(workspace_id).filter(
        _spans(since, until), part=part
    )
    if source is not None and owner is not None:
        cell = Tally.empty()
        for (parts,) in rows.values_list("parts"):
            form = _opened(parts)[1].get(owner)
            if form is not None:
                cell.add(Tally.of_form(form))
        return summed({(source, owner): cell} if cell.leads else {})
    whole = Counted.empty()
    for total, parts in rows.values_list("total", "parts" if with_parts else "total"):
        whole.add(read(total, parts if with_parts else None))
    return whole


def _spans(since: date | None, until: date | None) -> Q:
    """Whole months where the period has them, days before and after."""
    first = None if since is None else _month_from(since)
    # The month that the day after the last one is in is not whole.
    end = None if until is None else (until + timedelta(days=1)).replace(day=1)
    days = Q(span=Span.DAY)
    if since is not None:
        days &= Q(starts__gte=since)
    if until is not None:
        days &= Q(starts__lte=until)
    if first is not None and end is not None and first >= end:
        return days
    months = Q(span=Span.MONTH)
    edges = Q(pk__in=[])
    if first is not None:
        months &= Q(starts__gte=first)
        edges |= days & Q(starts__lt=first)
    if end is not None:
        months &= Q(starts__lt=end)
        edges |= days & Q(starts__gte=end)
    return months | edges


def _month_from(day: date) -> date:
    """The first day of the first month that begins on that day or later."""
    return day if day.day == 1 else (day.replace(day=1) + timedelta(days=32)).replace(day=1)
