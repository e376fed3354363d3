"""Telling people of their leads: in the frame of every page, and by e-mail.

The outbox's news of an assignment makes one row for its new owner, once for each event. Mail is
sent afterwards, with no transaction open: a row is claimed with a lease, and one whose worker died
is claimed again. A mail may so arrive twice, and is never lost.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.postgresql.prepared import prepared_cursor
from accounts.tenancy import system_scope
from integrations.models import OutboxEvent
from integrations.nudges import nudge
from leads.listing.narrowing import asked_by_row
from leads.messaging import notification_mails
from leads.messaging.recipients import members_of, without_mail
from leads.models import Job, Lead, Notification, Task

logger = logging.getLogger(__name__)

MAILS_AT_ONCE = 20
MOST_ATTEMPTS = 6
FIRST_RETRY = timedelta(minutes=1)
PORTION_SECONDS = 40.0
# Longer than a worker may take over a portion.
LEASE = timedelta(minutes=5)


def notify_owners(events: Sequence[OutboxEvent]) -> None:
    """The outbox's news of assignments: tell each new owner, except who took the lead alone.

    Of all that a job gives somebody they are told once.
    """
    workspace_id = events[0].workspace_id
    given = {
        event.pk: (event, UUID(change["to"]))
        for event in events
        if (change := event.payload.get("change", {})).get("to")
        and change["to"] != change.get("by_user_id")
    }
    wanted = {user_id for _event, user_id in given.values()}
    if not wanted:
        return
    present = members_of(workspace_id, wanted)
    unmailed = without_mail(workspace_id, wanted)
    now = timezone.now()
    rows = [
        Notification(
            workspace_id=workspace_id,
            user_id=user_id,
            kind=Notification.Kind.ASSIGNED,
            lead_id=event.subject_id,
            event_id=_together(event) or event.pk,
            by="" if event.payload["change"].get("automatic") else _by(event),
            email_due_at=None if user_id in unmailed else now,
        )
        for event, user_id in given.values()
        if user_id in present
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    if any(row.email_due_at for row in rows):
        transaction.on_commit(partial(nudge, "leads.tasks.send_due_mails"), robust=True)


def _together(event: OutboxEvent) -> UUID | None:
    """The job that gave this lead among others."""
    job_id = event.payload["change"].get("job_id")
    return UUID(job_id) if job_id else None


def _by(event: OutboxEvent) -> str:
    longest = Notification._meta.get_field("by").max_length
    return str(event.payload["change"].get("by", ""))[:longest]


def notifications_of(actor: Actor) -> QuerySet[Notification]:
    """One's own: of the leads one still sees, and those that are of no lead."""
    rows: QuerySet[Notification] = Notification.objects.in_workspace(actor.own_workspace.pk)
    seen = asked_by_row("lead_id", Lead.objects.visible_to(actor), "pk")
    return rows.filter(Q(lead__isnull=True) | Q(seen), user=actor.user)


# What a reminder is of; nothing when the task was deleted since.
TASK_TITLE = Subquery(
    Task.objects.filter(workspace_id=OuterRef("workspace_id"), pk=OuterRef("event_id")).values(
        "title"
    )
)

# Whether the lead stands for many that a job gave away.
AMONG_OTHERS = Exists(
    Job.objects.filter(
        workspace_id=OuterRef("workspace_id"), pk=OuterRef("event_id"), changed__gt=1
    )
)


def mark_read(*, actor: Actor, notification_id: UUID | None = None) -> int:
    """Mark one's own as read: one, or with None all; returns how many were unread."""
    actor.require(Permission.VIEW)
    rows = Notification.objects.in_workspace(actor.own_workspace.pk)
    rows = rows.filter(user=actor.user, read_at__isnull=True)
    if notification_id is not None:
        rows = rows.filter(pk=notification_id)
    return int(rows.update(read_at=timezone.now()))


def send_due_mails() -> int:
    """Send one portion of what is due; returns how many were taken up."""
    rows = _claim()
    if not rows:
        return 0
    until = time.monotonic() + PORTION_SECONDS
    mailer = get_connection()
    try:
        mailer.open()
    except Exception as failure:
        # Nobody answers: that is known now for all of them.
        for row in rows:
            _record(row, error=_named(failure))
        return len(rows)
    with mailer:
        for row in rows:
            if time.monotonic() > until:
                _give_back(row)
            else:
                _send(row, mailer)
    return len(rows)


def _claim() -> list[Notification]:
    now = timezone.now()
    with system_scope():
        rows: list[Notification] = list(
            Notification.objects.filter(email_due_at__lte=now)
            .select_related("user", "workspace", "lead__contact")
            .annotate(among_others=AMONG_OTHERS)
            .select_for_update(skip_locked=True, no_key=True, of=("self",))
            .order_by("email_due_at")[:MAILS_AT_ONCE]
        )
        claimed = Notification.objects.filter(pk__in=[row.pk for row in rows])
        claimed.update(email_due_at=now + LEASE, email_attempts=F("email_attempts") + 1)
    for row in rows:
        row.email_attempts += 1
    return rows


def _send(row: Notification, mailer: BaseEmailBackend) -> None:
    if not _is_news(row):
        _record(row, sent=False)
        return
    try:
        notification_mails.mail(row, mailer).send()
    except Exception as failure:
        _record(row, error=_named(failure))
    else:
        _record(row)


def _is_news(row: Notification) -> bool:
    """Not what was read on the page already, is no longer theirs, or was answered since."""
    if row.read_at is not None:
        return False
    if row.lead is None:
        return True
    if row.kind in notification_mails.RESPONSE:
        return row.lead.awaits_first_response
    return row.lead.assigned_to_id == row.user_id


def _named(failure: Exception) -> str:
    # Its words may carry the address.
    name = type(failure).__name__
    logger.warning("a mail could not be sent: %s", name)
    return name


def _record(row: Notification, *, sent: bool = True, error: str = "") -> None:
    now = timezone.now()
    with system_scope():
        mine = Notification.objects.filter(pk=row.pk)
        if error:
            again = now + FIRST_RETRY * 4 ** (row.email_attempts - 1)
            is_last = row.email_attempts >= MOST_ATTEMPTS
            mine.update(email_due_at=None if is_last else again, email_error=error)
        else:
            mine.update(email_due_at=None, email_error="", emailed_at=now if sent else None)


def _give_back(row: Notification) -> None:
    """Not tried: the next portion's."""
    with system_scope():
        mine = Notification.objects.filter(pk=row.pk)
        mine.update(email_due_at=timezone.now(), email_attempts=F("email_attempts") - 1)


def wants_mail(actor: Actor) -> bool:
    """Whether the person is told by e-mail, too."""
    return actor.user is not None and not without_mail(actor.own_workspace.pk, [actor.user.pk])


@dataclass(frozen=True)
class Standing:
    """How a member stands in a workspace; without a membership there is no duty."""

    unread: int = 0
    on_duty: bool | None = None


# A person has one membership of a workspace, and what is unread has an index of its own.
_STANDING = (
    "SELECT (SELECT count(*) FROM leads_notification AS unread WHERE unread.workspace_id = %s"
    " AND unread.user_id = member.user_id AND unread.read_at IS NULL), member.on_duty"
    " FROM accounts_membership AS member"
    " WHERE member.workspace_id = %s AND member.user_id = %s AND member.is_active"
)


def standing_of(actor: Actor) -> Standing:
    """What the frame of every page shows, in one query."""
    workspace_id = actor.own_workspace.pk
    user_id = actor.user.pk if actor.user is not None else None
    # Asked with each page, and the same statement always.
    with prepared_cursor() as cursor:
        cursor.execute(_STANDING, [workspace_id, workspace_id, user_id])
        found = cursor.fetchone()
    return Standing(*found) if found else Standing()
