"""Working the scores of a workspace out again: the weights changed, points decayed, or to repair.

What is to be done waits in the database as stretches of leads. A worker splits a piece off,
commits, and works on it in a transaction of its own, so that several share one workspace, and a
piece whose worker died is found by the next.
"""

import time
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import system_scope
from integrations.nudges import nudge
from leads.models import HeatSettings, HeatStretch, Lead
from leads.scoring import heating
from leads.scoring.heat import rules_of

PIECE = 5_000
# When somebody was writing one of the leads, look at the piece again.
LOOK_AGAIN_AFTER = timedelta(seconds=2)
TASK = "leads.tasks.rescore_heat"


def request(workspace_id: UUID) -> None:
    """Have every lead of the workspace scored again after the commit."""
    # Whatever still waits is a part of it.
    HeatStretch.objects.in_workspace(workspace_id).delete()
    HeatStretch.objects.create(workspace_id=workspace_id)
    transaction.on_commit(partial(nudge, TASK), robust=True)


def request_decay() -> None:
    """The same for the workspaces whose points have decayed by a day since."""
    today = timezone.now().date()
    with system_scope():
        waiting = HeatSettings.objects.filter(half_life_days__isnull=False)
        rows = waiting.exclude(decayed_on=today).select_for_update(skip_locked=True)
        for row in list(rows):
            request(row.workspace_id)
            HeatSettings.objects.filter(pk=row.pk).update(decayed_on=today)


def request_repair() -> None:
    """The same for every workspace that is not at it already, should anything be wrong."""
    with system_scope():
        busy = HeatStretch.objects.values("workspace")
        for workspace in Workspace.objects.exclude(pk__in=busy):
            HeatStretch.objects.create(workspace_id=workspace.pk)


def is_under_way(workspace_id: UUID) -> bool:
    """Whether leads of the workspace still wait for their score."""
    return bool(HeatStretch.objects.in_workspace(workspace_id).exists())


def work_off(*, piece: int = PIECE, until: float | None = None) -> int:
    """Score what is due, piece by piece; returns how many leads got another score.

    Safe beside itself. Stops with the piece that ends after `until` (`time.monotonic`).
    """
    written = 0
    while (stretch_id := _split_off(piece)) is not None:
        written += _score(stretch_id)
        if until is not None and time.monotonic() > until:
            break
    return written


def _split_off(piece: int) -> UUID | None:
    """A stretch that is due and has at most this many leads; what is beyond waits as another."""
    with system_scope():
        due = HeatStretch.objects.filter(due_at__lte=timezone.now()).order_by("due_at", "id")
        stretch = due.select_for_update(skip_locked=True).first()
        if stretch is None:
            return None
        leads = Lead.objects.in_workspace(stretch.workspace_id)
        if stretch.first_lead is not None:
            leads = leads.filter(pk__gte=stretch.first_lead)
        if stretch.before_lead is not None:
            leads = leads.filter(pk__lt=stretch.before_lead)
        beyond = leads.order_by("pk").values_list("pk", flat=True)[piece : piece + 1].first()
        if beyond is not None:
            HeatStretch.objects.create(
                workspace_id=stretch.workspace_id,
                first_lead=beyond,
                before_lead=stretch.before_lead,
                due_at=stretch.due_at,
            )
            stretch.before_lead = beyond
            stretch.save(update_fields=["before_lead"])
        return stretch.pk


def _score(stretch_id: UUID) -> int:
    with system_scope():
        rows = HeatStretch.objects.filter(pk=stretch_id)
        stretch = rows.select_for_update(skip_locked=True).first()
        if stretch is None:
            # Another worker was quicker.
            return 0
        heating.hold_rules(stretch.workspace_id)
        done = heating.rescore(
            stretch.workspace_id,
            rules_of(stretch.workspace_id),
            first=stretch.first_lead,
            before=stretch.before_lead,
        )
        if done.missed:
            stretch.due_at = timezone.now() + LOOK_AGAIN_AFTER
            stretch.save(update_fields=["due_at"])
        else:
            stretch.delete()
        return done.written
