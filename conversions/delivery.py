"""Delivering uploads: claim with a lease, call the platform with no transaction open, record.

A crash at any point leaves a lease that expires; the rows are then sent again under the same event
id, which the platform deduplicates by. The lease names its claim, so that a worker that comes back
late cannot overwrite what its successor recorded.
"""

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.tenancy import scope, system_scope
from conversions.errors import Conflict, NotFound
from conversions.models import Upload, UploadAttempt
from conversions.sending import Verdict, send
from integrations import health
from integrations.contracts import Outcome
from integrations.models import Connection, OutboxEvent
from integrations.nudges import nudge

# Small enough that a batch isolating bad rows one by one ends within its lease.
BATCH = 100
FIRST_BACKOFF = timedelta(seconds=10)
LONGEST_BACKOFF = timedelta(hours=1)

Status = Upload.Status
_WAITING = (Status.PENDING, Status.RETRYING)
RETRYABLE = (*_WAITING, Status.HELD, Status.FAILED, Status.EXPIRED, Status.DRY_RUN, Status.SKIPPED)


def _due(now: datetime) -> QuerySet[Upload]:
    waiting = Q(status__in=_WAITING, next_attempt_at__lte=now)
    abandoned = Q(status=Status.SENDING, leased_until__lt=now)
    return Upload.objects.filter(waiting | abandoned)


def connections_with_due_uploads() -> list[UUID]:
    """Connections that have work now, are not paused and have no batch under way."""
    now = timezone.now()
    with system_scope():
        mine = Upload.objects.filter(connection=OuterRef("pk"))
        under_way = mine.filter(status=Status.SENDING, leased_until__gte=now)
        callable_now = Connection.objects.filter(
            Q(paused_until__isnull=True) | Q(paused_until__lte=now)
        )
        return list(
            callable_now.filter(
                ~Exists(under_way), Exists(_due(now).filter(connection=OuterRef("pk")))
            ).values_list("pk", flat=True)
        )


def deliver_batch(connection_id: UUID) -> int:
    """Send one batch of a connection; returns how many uploads were dealt with."""
    claimed = _claim(connection_id)
    if claimed is None:
        return 0
    connection, token, uploads = claimed
    started = timezone.now()
    verdicts = send(connection, uploads, now=started)
    _record(connection, token, uploads, verdicts, started=started)
    return len(uploads)


Claim = tuple[Connection, UUID, list[Upload]]


def _claim(connection_id: UUID) -> Claim | None:
    """Lease what is due; None when there is nothing to do or another worker is at it."""
    now = timezone.now()
    with system_scope():
        # The connection's row serialises claims: one batch of a connection at a time.
        connection = (
            Connection.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(pk=connection_id)
            .first()
        )
        if connection is None or (connection.paused_until and connection.paused_until > now):
            return None
        mine = Upload.objects.filter(connection=connection)
        if mine.filter(status=Status.SENDING, leased_until__gte=now).exists():
            return None
        uploads = list(
            _due(now)
            .filter(connection=connection)
            .select_related("contact", "contact__company", "lead")
            .select_for_update(skip_locked=True, no_key=True, of=("self",))
            .order_by("next_attempt_at", "id")[:BATCH]
        )
        if not uploads:
            return None
        if not connection.is_active or connection.deleted_at:
            _hold(uploads, _("The connection is switched off. Switch it on to send what waits."))
            return None
        token = uuid4()
        lease = now + timedelta(seconds=settings.UPLOAD_LEASE_SECONDS)
        _log_abandoned(uploads, now)
        for upload in uploads:
            upload.attempts += 1
            upload.status = Status.SENDING
            upload.leased_until = lease
            upload.lease_token = token
            upload.updated_at = now
        Upload.objects.bulk_update(
            uploads, ["attempts", "status", "leased_until", "lease_token", "updated_at"]
        )
        return connection, token, uploads


def _hold(uploads: Iterable[Upload], explanation: str) -> None:
    Upload.objects.filter(pk__in=[upload.pk for upload in uploads]).update(
        status=Status.HELD,
        error_kind=Outcome.CONFIGURATION,
        error_code="connection_off",
        explanation=explanation,
        next_attempt_at=None,
        leased_until=None,
        lease_token=None,
    )


def _log_abandoned(uploads: Iterable[Upload], now: datetime) -> None:
    """An attempt whose worker died leaves its trace too."""
    UploadAttempt.objects.bulk_create(
        [
            UploadAttempt(
                workspace_id=upload.workspace_id,
                upload=upload,
                number=upload.attempts,
                started_at=upload.updated_at,
                finished_at=now,
                outcome="interrupted",
                explanation=_("The worker stopped before the platform's answer was recorded."),
            )
            for upload in uploads
            if upload.status == Status.SENDING
        ]
    )


def backoff(attempts: int, retry_after: float | None) -> timedelta:
    """How long to wait: doubling to an hour with jitter, never less than the platform asked."""
    base = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** min(attempts - 1, 12))
    jittered: timedelta = base * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
    return max(jittered, timedelta(seconds=retry_after or 0))


def _record(
    connection: Connection,
    token: UUID,
    uploads: list[Upload],
    verdicts: dict[str, Verdict],
    *,
    started: datetime,
) -> None:
    now = timezone.now()
    with scope(connection.workspace_id):
        mine = list(
            Upload.objects.in_workspace(connection.workspace_id)
            .select_for_update(no_key=True)
            .filter(pk__in=[upload.pk for upload in uploads], lease_token=token)
            .order_by("id")
        )
        for upload in mine:
            _apply(upload, verdicts[upload.event_id], now)
        UploadAttempt.objects.bulk_create(
            [
                UploadAttempt(
                    workspace_id=upload.workspace_id,
                    upload=upload,
                    number=upload.attempts,
                    started_at=started,
                    finished_at=now,
                    outcome=verdicts[upload.event_id].outcome,
                    code=verdicts[upload.event_id].code[:200],
                    explanation=verdicts[upload.event_id].explanation,
                )
                for upload in mine
            ]
        )
        health.note(connection, [verdicts[upload.event_id] for upload in mine], now=now)


def _apply(upload: Upload, verdict: Verdict, now: datetime) -> None:
    accepted = verdict.status == Status.ACCEPTED
    upload.status = verdict.status
    upload.leased_until = upload.lease_token = None
    # A dry run is no error: it explains itself without a kind.
    failed = not accepted and verdict.status != Status.DRY_RUN
    upload.error_kind = verdict.outcome if failed else ""
    upload.error_code = verdict.code[:200] if not accepted else ""
    upload.explanation = verdict.explanation if not accepted else ""
    upload.platform_ref = verdict.platform_ref[:200] or upload.platform_ref
    upload.accepted_at = now if accepted else upload.accepted_at
    retrying = verdict.status == Status.RETRYING
    wait = backoff(upload.attempts, verdict.retry_after) if retrying else None
    upload.next_attempt_at = now + wait if wait else None
    upload.save()


def retry(upload_id: UUID, *, actor: Actor) -> Upload:
    """Send an upload again now, under the same event id. Raises `Conflict` once it was accepted."""
    with transaction.atomic():
        upload: Upload | None = (
            Upload.objects.visible_to(actor)
            .select_related("connection", "lead__contact")
            .select_for_update(no_key=True, of=("self",))
            .filter(pk=upload_id)
            .first()
        )
        if upload is None:
            raise NotFound(_("There is no such upload."))
        actor.require(Permission.UPLOAD_RETRY)
        if upload.status == Status.SENDING:
            raise Conflict(_("This upload is being sent right now."), code="in_progress")
        if upload.status not in RETRYABLE:
            raise Conflict(
                _("The platform has this event already; it is never sent twice."),
                code="already_accepted",
            )
        upload.status = Status.PENDING
        upload.next_attempt_at = timezone.now()
        upload.error_kind = upload.error_code = upload.explanation = ""
        upload.save()
        wake()
        return upload


def release_held(connection: Connection) -> int:
    """Send what was held for a connection that somebody has mended; returns how many."""
    held = Upload.objects.in_workspace(connection.workspace_id).filter(
        connection=connection, status=Status.HELD
    )
    count = held.update(
        status=Status.PENDING,
        next_attempt_at=timezone.now(),
        error_kind="",
        error_code="",
        explanation="",
    )
    if count:
        wake()
    return count


def send_what_was_held(events: Sequence[OutboxEvent]) -> None:
    """Outbox consumer: somebody changed connections; what was held for them gets its chance."""
    rows = Connection.objects.in_workspace(events[0].workspace_id)
    changed = rows.filter(pk__in={event.subject_id for event in events})
    for connection in changed.filter(is_active=True, deleted_at__isnull=True):
        release_held(connection)


def wake() -> None:
    transaction.on_commit(lambda: nudge("conversions.tasks.deliver_due_uploads"), robust=True)
