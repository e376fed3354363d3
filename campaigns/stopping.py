"""Campaign work that stops without a call, and goes on when its reason is gone.

A lead is lost or deleted, or the list that brought it is taken away. What waits is closed with the
reason as its outcome, so that just that can be taken up again. Who is in a call stays: the caller
records it, and the queue looks at the lead again before anybody else gets it.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from campaigns.models import CallAttempt, Campaign, CampaignLead, CampaignLeadList
from integrations.models import OutboxEvent
from leads.models import Lead, Status

LEAD_LOST, LEAD_DELETED, LIST_REMOVED = "lead_lost", "lead_deleted", "list_removed"

_Entry = CampaignLead.Status
_WAITING = (_Entry.NEW, _Entry.QUEUED)
# After these a lead may be gone, or back.
_NEWS = (
    "lead.lost",
    "lead.reopened",
    "lead.move_undone",
    "lead.deleted",
    "lead.restored",
)


def follow_leads(events: Sequence[OutboxEvent]) -> None:
    """Outbox consumer: the campaign work of leads that are lost or deleted stops, or goes on.

    What the lead is by now decides, so that the order and number of the events do not matter.
    """
    ids = {event.subject_id for event in events if event.type in _NEWS}
    if not ids:
        return
    workspace_id = events[0].workspace_id
    entries = CampaignLead.objects.in_workspace(workspace_id).filter(lead_id__in=ids)
    if not entries.exists():
        return
    leads = Lead.objects.in_workspace(workspace_id).filter(pk__in=ids)
    deleted = leads.filter(deleted_at__isnull=False).values("pk")
    lost = leads.filter(deleted_at__isnull=True, status=Status.LOST).values("pk")
    working = leads.alive().exclude(status=Status.LOST).values("pk")
    reason = Case(When(lead_id__in=deleted, then=Value(LEAD_DELETED)), default=Value(LEAD_LOST))
    _stop(entries.filter(Q(lead_id__in=deleted) | Q(lead_id__in=lost)), reason)
    take_up(
        entries.filter(
            lead_id__in=working,
            outcome__in=(LEAD_LOST, LEAD_DELETED),
            source__detached_at__isnull=True,
        ).exclude(campaign__status=Campaign.Status.COMPLETED)
    )


def stop_list(source: CampaignLeadList) -> None:
    """Whoever waits of this list is called no more; the verb that takes it away calls it."""
    rows = CampaignLead.objects.in_workspace(source.workspace_id).filter(source=source)
    _stop(rows, Value(LIST_REMOVED))


def take_up_list(source: CampaignLeadList) -> None:
    """The list is attached again: call whom taking it away had stopped."""
    rows = CampaignLead.objects.in_workspace(source.workspace_id).filter(source=source)
    take_up(rows.filter(outcome=LIST_REMOVED))


def _stop(rows: QuerySet[CampaignLead], reason: Any) -> None:
    """One statement, so that the counters of several lists are locked in their order."""
    waiting = rows.filter(status__in=_WAITING)
    waiting.order_by().update(
        status=_Entry.FAILED,
        outcome=reason,
        due_at=None,
        callback_at=None,
        leased_by=None,
        lease_token=None,
        leased_at=None,
        updated_at=timezone.now(),
    )


def take_up(rows: QuerySet[CampaignLead]) -> None:
    """Call these again, from now on; their outcome is that of the last call there was."""
    now = timezone.now()
    calls = CallAttempt.objects.filter(campaign_lead=OuterRef("pk")).order_by("-at", "-id")
    drafts = Campaign.objects.filter(status=Campaign.Status.DRAFT).values("pk")
    rows.filter(status=_Entry.FAILED).order_by().update(
        status=Case(
            When(campaign_id__in=drafts, then=Value(_Entry.NEW)), default=Value(_Entry.QUEUED)
        ),
        outcome=Coalesce(Subquery(calls.values("outcome")[:1]), Value("")),
        # While it was closed, the copy did not follow the lead.
        heat_score=Subquery(Lead.objects.filter(pk=OuterRef("lead_id")).values("heat_score")[:1]),
        due_at=now,
        updated_at=now,
    )
