"""Working jobs off: a batch a transaction, in the order of the leads' ids, from where it stood.

A worker leases a job for a slice of time, then lets the others have their turn. A batch commits
with the position behind it and only under its own lease, so that each lead is dealt with once,
whoever dies or comes back late. A lead on which a batch breaks is found by ever smaller batches,
and passed over with its error.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.acting import acting
from accounts.actors import Actor, key_actor
from accounts.ids import first_id_at
from accounts.middleware import member_actor
from accounts.models import ApiKey
from accounts.problems import ProblemError
from accounts.pruning import delete_batch
from accounts.tenancy import scope, system_scope
from leads.bulk.bulk_actions import action_named
from leads.bulk.jobs import MOST_ERRORS
from leads.bulk.many import Done
from leads.bulk.selection import matching
from leads.errors import LeadError
from leads.models import Job, Lead

logger = logging.getLogger(__name__)

BATCH = 500
# Much longer than a batch takes; whoever is silent for so long has died.
LEASE = timedelta(seconds=60)
SLICE_SECONDS = 8.0
# So many times in a row without a batch that was finished.
MOST_ATTEMPTS = 5
FIRST_RETRY = timedelta(seconds=5)
KEPT_FOR = timedelta(days=90)

_REFUSALS = (ProblemError, PermissionDenied)
_UNREACHABLE = (OperationalError, InterfaceError)


class LeaseLost(Exception):
    """Somebody canceled the job, or another worker has it: this batch is undone."""


def work_off(
    *, batch: int = BATCH, slice_seconds: float = SLICE_SECONDS, until: float | None = None
) -> int:
    """Work on what is due, job by job in turn; returns how many leads were dealt with.

    Safe beside itself. Stops with the slice that ends after `until` (`time.monotonic`).
    """
    dealt = 0
    while (job := _claim()) is not None:
        dealt += _work_on(job, batch=batch, ends=time.monotonic() + slice_seconds)
        if until is not None and time.monotonic() > until:
            break
    return dealt


def _claim() -> Job | None:
    """Lease the job that has waited longest."""
    now = timezone.now()
    with system_scope():
        due = Job.objects.unfinished().filter(due_at__lte=now).order_by("due_at", "id")
        due = due.select_related("workspace", "user").defer("lead_ids")
        job: Job | None = due.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        if job is None:
            return None
        job.take_up(until=now + LEASE, status=Job.Status.RUNNING, started_at=job.started_at or now)
    return job


def _work_on(job: Job, *, batch: int, ends: float) -> int:
    """Batch after batch until the slice or the job ends; returns how many leads were dealt with."""
    dealt, size = 0, batch
    if job.attempts > MOST_ATTEMPTS:
        _stop(job, _("A worker broke off at the same place again and again."))
        return 0
    while True:
        try:
            count, is_last = _run_batch(job, size)
        except LeaseLost:
            return dealt
        except _REFUSALS as error:
            _stop(job, error.detail if isinstance(error, ProblemError) else str(error))
            return dealt
        except _UNREACHABLE as error:
            logger.warning("job %s was interrupted: %s", job.pk, type(error).__name__)
            _leave(job, due_at=timezone.now() + FIRST_RETRY * 2 ** (job.attempts - 1))
            return dealt
        except Exception as error:
            if size == 1:
                logger.exception("job %s passes a lead over", job.pk)
                if not _pass_over(job, error):
                    return dealt
                dealt += 1
            size = max(1, size // 8)
        else:
            dealt += count
            size = min(batch, size * 2)
            if is_last:
                return dealt
            if time.monotonic() > ends:
                _leave(job, due_at=timezone.now())
                return dealt


class AskedFor(Protocol):
    """What remembers who asked for it, to be done as them."""

    user: Any
    api_key_id: Any
    workspace: Any
    workspace_id: Any
    created_by: Any
    via: Any


def actor_of(job: AskedFor) -> Actor:
    """Whoever asked, with what they may do by now; raises `LeadError` when that is nothing."""
    actor: Actor | None = None
    if job.user is not None and job.user.is_active:
        actor = member_actor(job.user, str(job.workspace_id), via=job.via)
    elif job.api_key_id is not None:
        live = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
        keys = ApiKey.objects.filter(live, pk=job.api_key_id, revoked_at__isnull=True)
        key = keys.first()
        actor = key_actor(key, job.workspace) if key else None
    if actor is None:
        message = _("%(who)s asked for this, and has no access to this workspace any more.")
        raise LeadError(message % {"who": job.created_by or _("Somebody")})
    return actor


def _run_batch(job: Job, size: int) -> tuple[int, bool]:
    """The next leads, in one transaction; returns how many these were, and whether the last."""
    actor = actor_of(job)
    with acting(actor), scope(job.workspace_id):
        current = _mine(job)
        lead_ids = _next(current, actor, size)
        if lead_ids:
            action = action_named(current.action)
            _count(current, lead_ids, action.perform(lead_ids, actor, current))
        is_last = len(lead_ids) < size
        if is_last:
            current.status = Job.Status.COMPLETED
            current.finished_at = timezone.now()
            current.total, current.total_is_estimate = current.done, False
        _keep(current, job.lease_token)
    job.attempts = 1
    return len(lead_ids), is_last


def _mine(job: Job) -> Job:
    rows = Job.objects.in_workspace(job.workspace_id).select_related("undoes")
    current: Job | None = rows.filter(
        pk=job.pk, lease_token=job.lease_token, status=Job.Status.RUNNING
    ).first()
    if current is None:
        raise LeaseLost
    return current


def _next(job: Job, actor: Actor, size: int) -> list[UUID]:
    if job.lead_ids is not None:
        return job.named_next(size)
    if job.undoes is not None:
        # A job deletes all its leads at one moment: its own start.
        rows = Lead.objects.in_workspace(job.workspace_id).filter(deleted_at=job.undoes.started_at)
    else:
        rows = matching(job.filter or {}, actor)
    # What came in after the job is none of its.
    rows = rows.filter(pk__lt=job.pk)
    if job.position is not None:
        rows = rows.filter(pk__gt=job.position)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:size])


def _count(job: Job, lead_ids: list[UUID], done: Done) -> None:
    job.position = lead_ids[-1]
    job.changed += len(done.changed)
    job.failed += len(done.refused)
    job.unchanged += len(lead_ids) - len(done.changed) - len(done.refused)
    room = MOST_ERRORS - len(job.errors)
    job.errors += [
        {"lead_id": str(lead_id), "code": error.code, "message": str(error.detail)}
        for lead_id, error in list(done.refused.items())[: max(0, room)]
    ]


def _keep(job: Job, token: UUID | None) -> None:
    """Write how far it is, if the job is still this worker's."""
    mine = Job.objects.in_workspace(job.workspace_id).filter(
        pk=job.pk, lease_token=token, status=Job.Status.RUNNING
    )
    kept = mine.update(
        status=job.status,
        finished_at=job.finished_at,
        total=max(job.total, job.done),
        total_is_estimate=job.total_is_estimate,
        changed=job.changed,
        unchanged=job.unchanged,
        failed=job.failed,
        errors=job.errors,
        error=job.error,
        position=job.position,
        attempts=1,
        due_at=timezone.now() + LEASE,
        lease_token=None if job.is_finished else token,
        updated_at=timezone.now(),
    )
    if not kept:
        raise LeaseLost


def _pass_over(job: Job, error: Exception) -> bool:
    """Leave the next lead as it is and say why; False when not even that is possible."""
    name = type(error).__name__
    try:
        actor = actor_of(job)
        with acting(actor), scope(job.workspace_id):
            current = _mine(job)
            lead_ids = _next(current, actor, 1)
            if lead_ids:
                message = _("Something went wrong here (%(error)s); this lead was left as it is.")
                refusal = LeadError(message % {"error": name}, code="unexpected")
                _count(current, lead_ids, Done(refused={lead_ids[0]: refusal}))
                _keep(current, job.lease_token)
                return True
    except LeaseLost:
        return False
    except Exception:
        logger.exception("job %s cannot go on", job.pk)
    _stop(job, _("Something went wrong (%(error)s).") % {"error": name})
    return False


def _stop(job: Job, why: str) -> None:
    """It cannot go on by itself; somebody may run it again."""
    _settle(
        job,
        status=Job.Status.FAILED,
        error=why[:2000],
        finished_at=timezone.now(),
        lease_token=None,
    )


def _leave(job: Job, *, due_at: datetime) -> None:
    """Let it wait until then, for whoever is free."""
    _settle(job, due_at=due_at, lease_token=None)


def _settle(job: Job, **columns: object) -> None:
    with scope(job.workspace_id):
        mine = Job.objects.in_workspace(job.workspace_id).filter(
            pk=job.pk, lease_token=job.lease_token, status=Job.Status.RUNNING
        )
        mine.update(**columns, updated_at=timezone.now())


def forget_finished() -> int:
    """Drop a batch of jobs that ended long ago; returns how many."""
    before = timezone.now() - KEPT_FOR
    with system_scope():
        old = Job.objects.filter(pk__lt=first_id_at(before), finished_at__lt=before)
        return delete_batch(old.order_by("pk"))
