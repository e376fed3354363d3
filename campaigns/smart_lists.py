"""Keeping smart lists: what their rule finds comes in, what it finds no more goes.

In full by beat, and meanwhile for the leads that changed (`LeadMark`). One statement asks the rule
and writes the difference, so that counters are written last. Who was put in by a person stays, and
who was taken out by one stays out.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils import timezone

from accounts.acting import acting_itself
from accounts.ids import new_id_array
from accounts.models import Workspace
from accounts.tenancy import scope, system_scope
from campaigns import criteria
from campaigns.enrolment import enrol_new
from campaigns.locking import hold_lists
from campaigns.models import CampaignLeadList, LeadList, LeadListMember, LeadMark

# Of one list in one transaction: whoever deletes leads meanwhile waits for its end.
CHUNK = 50_000
# Marks in one transaction.
BATCH = 2_000
# Rules that depend on the day, or on other lists, and the others, whose marks miss nothing.
OFTEN = timedelta(minutes=15)
SELDOM = timedelta(hours=24)
# Who is silent for so long over a list has died.
LEASE = timedelta(minutes=10)

_NOBODY = "SELECT NULL::uuid AS id WHERE false"
# A full join is hashed or merged, whatever the planner believes of a list that was just filled: the
# nested loops of two anti joins took minutes where this takes a second.
_WRITE_DIFFERENCE = """
WITH matching AS MATERIALIZED ({matching}),
difference AS MATERIALIZED (
    SELECT member.id AS member_id, matching.id AS lead_id,
        member.by = 'rule' AND member.removed_at IS NULL AS is_by_rule
    FROM (
        SELECT id, lead_id, by, removed_at FROM campaigns_leadlistmember
        WHERE workspace_id = %(workspace)s AND lead_list_id = %(list)s AND {among}
    ) AS member
    FULL JOIN matching ON matching.id = member.lead_id
    WHERE member.id IS NULL OR matching.id IS NULL
),
gone AS (
    DELETE FROM campaigns_leadlistmember
    WHERE workspace_id = %(workspace)s AND by = 'rule' AND removed_at IS NULL AND id IN (
        SELECT member_id FROM difference WHERE lead_id IS NULL AND is_by_rule LIMIT %(most)s
    )
    RETURNING lead_id
),
come AS (
    INSERT INTO campaigns_leadlistmember (id, created_at, workspace_id, lead_list_id, lead_id,
        by, added_at, notes, is_present)
    SELECT (%(ids)s::uuid[])[row_number() OVER ()], %(now)s, %(workspace)s, %(list)s, lead_id,
        'rule', %(now)s, '', true
    FROM difference WHERE member_id IS NULL LIMIT %(most)s
    ON CONFLICT (workspace_id, lead_list_id, lead_id) DO NOTHING
    RETURNING lead_id
)
SELECT (SELECT count(*) FROM gone), (SELECT array_agg(lead_id) FROM come)
"""


def rebuild(lead_list: LeadList, *, until: float | None = None, as_given: bool = False) -> bool:
    """Go through the whole list; returns whether it is done.

    A transaction for every `CHUNK` (within the caller's, if there is one), by the rule as it is
    then, or, for who is about to save another, `as_given`. Stops after `until` (`time.monotonic`),
    and goes on when it is called again.
    """
    row: LeadList | None = lead_list
    while True:
        with scope(lead_list.workspace_id):
            hold_lists(lead_list.workspace_id)
            if not as_given:
                row = _rows(lead_list).smart().select_related("workspace").first()
            if row is None:
                return True
            try:
                gone, come = _write_difference(row)
            except criteria.RuleBroken as error:
                _note(row, rule_error=error.detail)
                return True
            if come:
                _feed(row, come)
            if max(gone, len(come)) < CHUNK:
                _note(row, rule_error="", rebuilt_at=timezone.now())
                return True
        if until is not None and time.monotonic() > until:
            return False


def rebuild_due(*, until: float | None = None) -> int:
    """Go through every smart list whose time has come; returns how many. Safe beside itself."""
    done = 0
    while (lead_list := _claim()) is not None:
        with acting_itself(via="timer"):
            is_done = rebuild(lead_list, until=until)
            if not is_done:
                with scope(lead_list.workspace_id):
                    _rows(lead_list).update(rebuild_due_at=timezone.now())
        done += is_done
        if until is not None and time.monotonic() > until:
            break
    return done


def _claim() -> LeadList | None:
    now = timezone.now()
    with system_scope():
        due = LeadList.objects.due_for_rebuild(now).select_related("workspace")
        row: LeadList | None = due.select_for_update(
            skip_locked=True, no_key=True, of=("self",)
        ).first()
        if row is not None:
            LeadList.objects.filter(pk=row.pk).update(rebuild_due_at=now + LEASE)
    return row


def rebuild_changed(workspace_id: UUID, *, until: float | None = None) -> int:
    """Ask the rules of the leads that changed; returns how many leads that were."""
    looked_at = 0
    with acting_itself(via="timer"):
        while taken := _rebuild_batch(workspace_id):
            looked_at += taken
            if until is not None and time.monotonic() > until:
                break
    return looked_at


def _rebuild_batch(workspace_id: UUID) -> int:
    with scope(workspace_id):
        hold_lists(workspace_id)
        lead_ids = LeadMark.objects.all().take(workspace_id, at_most=BATCH)
        if not lead_ids:
            return 0
        rows = LeadList.objects.in_workspace(workspace_id).smart().select_related("workspace")
        for row in rows.order_by("pk"):
            try:
                _write_difference(row, lead_ids)
            except criteria.RuleBroken as error:
                if row.rule_error != error.detail:
                    _note(row, rule_error=error.detail)
                continue
            # Those who were put in by hand are to be called too.
            present = LeadListMember.objects.present().in_workspace(workspace_id)
            found = present.filter(lead_list=row, lead_id__in=lead_ids)
            _feed(row, list(found.values_list("lead_id", flat=True)))
        return len(lead_ids)


def workspaces_with_changes() -> list[UUID]:
    """Where leads changed since the smart lists last looked."""
    with system_scope():
        return list(LeadMark.objects.waiting_workspaces())


def _write_difference(
    lead_list: LeadList, lead_ids: Sequence[UUID] | None = None
) -> tuple[int, list[UUID]]:
    """How many went, and who came; of these leads, or of all up to a `CHUNK`."""
    found = criteria.leads_of(lead_list.criteria, workspace=_workspace(lead_list))
    if lead_ids is not None:
        found = found.filter(pk__in=lead_ids)
    given: dict[str, Any] = {
        "workspace": lead_list.workspace_id,
        "list": lead_list.pk,
        "now": timezone.now(),
        "most": CHUNK,
        "ids": new_id_array(CHUNK if lead_ids is None else len(lead_ids)),
        "among": None if lead_ids is None else list(lead_ids),
    }
    try:
        matching, parameters = found.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        matching, parameters = _NOBODY, ()
    # Django's own statement, whose values travel as parameters: theirs have no names.
    names = [f"rule_{n}" for n in range(len(parameters))]
    given.update(zip(names, parameters, strict=True))
    matching = matching.replace("%%", "%%%%") % tuple(f"%({name})s" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE_DIFFERENCE.format(
                matching=f"SELECT found.id FROM ({matching}) AS found(id)",  # noqa: S608
                among="true" if lead_ids is None else "lead_id = ANY(%(among)s)",
            ),
            given,
        )
        gone, come = cursor.fetchone()
    return gone, come or []


def _workspace(lead_list: LeadList) -> Workspace:
    workspace: Workspace = lead_list.workspace
    return workspace


def _feed(lead_list: LeadList, lead_ids: Sequence[UUID]) -> None:
    """Let the campaigns that work with the list have who came in."""
    attached = CampaignLeadList.objects.attached().in_workspace(lead_list.workspace_id)
    if lead_ids and attached.filter(lead_list=lead_list).exists():
        enrol_new(lead_list, lead_ids)


def _note(lead_list: LeadList, **facts: Any) -> None:
    facts["rebuild_due_at"] = _next_time(lead_list, timezone.now())
    _rows(lead_list).update(**facts)


def _rows(lead_list: LeadList) -> Any:
    return LeadList.objects.in_workspace(lead_list.workspace_id).filter(pk=lead_list.pk)


def _next_time(lead_list: LeadList, now: datetime) -> datetime:
    is_moving = criteria.depends_on_more_than_the_lead(lead_list.criteria)
    return now + (OFTEN if is_moving else SELDOM)
