"""Warning people before a first response is missed, and telling them when it was.

The owner of the lead is warned; of nobody's lead, the managers. When it was missed, the managers
are told, too. Each person once for each lead: what was told is known by the notification itself.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.acting import acting_itself
from accounts.permissions import Role
from accounts.tenancy import scope, system_scope
from integrations.nudges import nudge
from leads.messaging.recipients import members_of, without_mail
from leads.models import Lead, Notification, ResponseSettings
from leads.responding.response import SOON

BATCH = 500
# What was missed longer ago, while nothing ran, is no news any more.
NEWS_FOR = timedelta(days=1)
_MANAGERS = (Role.OWNER, Role.MANAGER)

Kind = Notification.Kind


def alert(batch: int = BATCH) -> int:
    """Tell of every first response that is due soon or was missed; returns of how many leads.

    Safe beside itself: the same news a second time is none.
    """
    with system_scope():
        targets = ResponseSettings.objects.filter(target_minutes__isnull=False)
        workspace_ids = list(
            targets.order_by("workspace_id").values_list("workspace_id", flat=True)
        )
    return sum(_alert_in(workspace_id, batch) for workspace_id in workspace_ids)


def _alert_in(workspace_id: UUID, batch: int) -> int:
    told = 0
    now = timezone.now()
    for kind, since, until in (
        (Kind.RESPONSE_SOON, now, now + SOON),
        (Kind.RESPONSE_MISSED, now - NEWS_FOR, now),
    ):
        while taken := _tell(workspace_id, kind, since, until, batch):
            told += taken
            if taken < batch:
                break
    return told


def _tell(workspace_id: UUID, kind: str, since: datetime, until: datetime, batch: int) -> int:
    with acting_itself(via="timer"), scope(workspace_id):
        known = Notification.objects.in_workspace(workspace_id).filter(
            lead=OuterRef("pk"), kind=kind
        )
        leads = list(
            Lead.objects.in_workspace(workspace_id)
            .awaiting_first_response()
            .filter(first_response_due_at__gt=since, first_response_due_at__lte=until)
            .exclude(Exists(known))
            .order_by("first_response_due_at", "pk")
            .only("pk", "workspace_id", "assigned_to_id")[:batch]
        )
        rows = _news(leads, kind, workspace_id) if leads else []
        Notification.objects.bulk_create(rows, ignore_conflicts=True)
        if any(row.email_due_at for row in rows):
            transaction.on_commit(partial(nudge, "leads.tasks.send_due_mails"), robust=True)
    # Where there is nobody to tell, the same leads would be found again and again.
    return len(leads) if rows else 0


def _news(leads: Iterable[Lead], kind: str, workspace_id: UUID) -> list[Notification]:
    members = members_of(workspace_id)
    managers = [user_id for user_id, role in members.items() if role in _MANAGERS]
    unmailed = without_mail(workspace_id)
    now = timezone.now()
    rows = []
    for lead in leads:
        owners = [lead.assigned_to_id] if lead.assigned_to_id in members else []
        is_all = kind == Kind.RESPONSE_MISSED or not owners
        for user_id in dict.fromkeys([*owners, *(managers if is_all else [])]):
            rows.append(
                Notification(
                    workspace_id=workspace_id,
                    user_id=user_id,
                    kind=kind,
                    lead_id=lead.pk,
                    event_id=uuid5(lead.pk, kind),
                    email_due_at=None if user_id in unmailed else now,
                )
            )
    return rows
