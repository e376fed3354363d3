"""The timers: leads whose alarm is due are closed, in batches that several workers can share."""

from collections.abc import Collection
from datetime import timedelta
from itertools import groupby

from django.db.models import F, Q
from django.utils import timezone

from accounts.acting import acting_itself
from accounts.actors import system_actor
from accounts.models import Workspace
from accounts.tenancy import system_scope
from leads.bulk.losing import close_lost
from leads.models import Lead, Status
from leads.reasons import LOST_CONTACT, NO_CONTACT

BATCH = 500


def close_overdue(batch: int = BATCH) -> int:
    """Close every lead whose alarm is due; returns how many this call closed.

    Safe beside itself: rows another worker holds are passed over, and a closed lead has no alarm.
    """
    closed = 0
    while taken := _close_batch(batch):
        closed += taken
    return closed


def _close_batch(batch: int) -> int:
    now = timezone.now()
    with acting_itself(via="timer"), system_scope():
        due = list(
            Lead.objects.alive()
            .filter(
                auto_close_alarm_at__lte=now,
                status__in=[Status.NEW, Status.ENRICHED, Status.QUALIFIED],
            )
            .for_list()
            .select_for_update(skip_locked=True, no_key=True, of=("self",))
            .order_by("auto_close_alarm_at")[:batch]
        )
        due.sort(key=lambda lead: (lead.workspace_id, lead.status == Status.QUALIFIED))
        for (_workspace_id, qualified), group in groupby(
            due, key=lambda lead: (lead.workspace_id, lead.status == Status.QUALIFIED)
        ):
            _close(list(group), qualified=qualified)
    return len(due)


def _close(leads: list[Lead], *, qualified: bool) -> None:
    loss_reason = LOST_CONTACT if qualified else NO_CONTACT
    unqualified_reason = "" if qualified else NO_CONTACT
    close_lost(
        leads,
        actor=system_actor(leads[0].workspace, via="timer"),
        at=timezone.now(),
        loss_reason=loss_reason,
        unqualified_reason=unqualified_reason,
    )


def follow_settings(workspace: Workspace, changed: Collection[str]) -> None:
    """New patience holds for the leads that are waiting already."""
    if {"no_contact_days", "lost_contact_days"} & set(changed):
        reset_alarms(workspace)


def reset_alarms(workspace: Workspace) -> None:
    """Give every open lead the alarm that the workspace's settings say now, in two statements.

    The set-based form of `leads.timers.alarm_for`; runs in the workspace's scope.
    """
    leads = Lead.objects.in_workspace(workspace.pk).alive()
    waiting = Q(status__in=[Status.NEW, Status.ENRICHED], first_contacted_at__isnull=True)
    for rows, days in (
        (leads.filter(waiting), workspace.no_contact_days),
        (leads.filter(status=Status.QUALIFIED), workspace.lost_contact_days),
    ):
        alarm = None if days is None else F("last_activity_at") + timedelta(days=days)
        rows.update(auto_close_alarm_at=alarm)
