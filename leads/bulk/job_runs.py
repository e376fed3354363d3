"""Working jobs off: a batch of leads a step, in the order of the leads' ids."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.acting import acting
from accounts.actors import Actor
from accounts.ids import first_id_at
from accounts.models import TenantQuerySet
from accounts.pruning import delete_batch
from accounts.tenancy import scope, system_scope
from leads.background_runs import SLICE_SECONDS, Run, actor_of, work_through
from leads.bulk.bulk_actions import action_named
from leads.bulk.jobs import MOST_ERRORS
from leads.bulk.many import Done
from leads.bulk.selection import matching
from leads.errors import LeadError
from leads.models import Job, Lead

BATCH = 500
KEPT_FOR = timedelta(days=90)

_PROGRESS = (
    *("status", "finished_at", "total", "total_is_estimate"),
    *("changed", "unchanged", "failed", "errors", "position"),
)


def work_off(
    *, batch: int = BATCH, slice_seconds: float = SLICE_SECONDS, until: float | None = None
) -> int:
    """Work on the jobs that are due, as `work_through` says."""
    return work_through(JobRun, most=batch, slice_seconds=slice_seconds, until=until)


class JobRun(Run[Job]):
    related = ("undoes",)

    @staticmethod
    def waiting() -> TenantQuerySet:
        return Job.objects.unfinished().select_related("workspace", "user").defer("lead_ids")

    @staticmethod
    def taken_up(row: Job, now: datetime) -> dict[str, Any]:
        return {"status": Job.Status.RUNNING, "started_at": row.started_at or now}

    def unchanged(self) -> dict[str, Any]:
        return {"status": Job.Status.RUNNING}

    def step(self, current: Job, actor: Actor) -> bool:
        lead_ids = _next(current, actor, self.size)
        if lead_ids:
            action = action_named(current.action)
            _count(current, lead_ids, action.perform(lead_ids, actor, current))
        is_last = len(lead_ids) < self.size
        if is_last:
            current.status = Job.Status.COMPLETED
            current.finished_at = timezone.now()
            current.total, current.total_is_estimate = current.done, False
        self._write(current)
        self.dealt += len(lead_ids)
        return is_last

    def _write(self, current: Job) -> None:
        current.total = max(current.total, current.done)
        self.keep(current, *_PROGRESS, goes_on=not current.is_finished)

    def pass_over(self, why: str) -> bool:
        actor = actor_of(self.row)
        with acting(actor), scope(self.row.workspace_id):
            current = self.current()
            lead_ids = _next(current, actor, 1)
            if not lead_ids:
                return False
            message = _("Something went wrong here (%(error)s); this lead was left as it is.")
            refusal = LeadError(message % {"error": why}, code="unexpected")
            _count(current, lead_ids, Done(refused={lead_ids[0]: refusal}))
            self._write(current)
        return True

    def stop(self, why: str) -> None:
        """Somebody may run it again."""
        self.settle(
            status=Job.Status.FAILED,
            error=why[:2000],
            finished_at=timezone.now(),
            lease_token=None,
        )


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


def forget_finished() -> int:
    """Drop a batch of jobs that ended long ago; returns how many."""
    before = timezone.now() - KEPT_FOR
    with system_scope():
        old = Job.objects.filter(pk__lt=first_id_at(before), finished_at__lt=before)
        return delete_batch(old.order_by("pk"))
