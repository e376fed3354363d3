"""Asking for something to be done to many leads, and steering what was asked for.

A job is written in the caller's transaction and worked off by `leads.bulk.job_runs` after its
commit, in batches, as whoever asked: what they may not see or do by then is not done.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from integrations.nudges import nudge
from leads.bulk.bulk_actions import BulkAction, action_named
from leads.bulk.selection import Selection
from leads.errors import Conflict, LeadError
from leads.models import Job

TASK = "leads.tasks.run_jobs"
DELETE, RESTORE = "delete", "restore"
# More of one workspace at once would only wait for each other.
MOST_UNFINISHED = 50
# What is kept of the refusals; all of them are counted.
MOST_ERRORS = 100


class JobNotFound(LeadError):
    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no such job, or it is not yours to see.")


def request(
    action_name: str, *, actor: Actor, selection: Selection, given: Mapping[str, Any]
) -> Job:
    """Have the action done to the selected leads; raises `LeadError` for what it cannot take."""
    action = action_named(action_name)
    actor.require(action.permission)
    if selection.filter is not None and not action.takes_filter:
        message = _("This action takes leads by their ids.")
        raise LeadError(message, errors=[("filter", "invalid", message)])
    parameters = action.understand(actor, given)
    with transaction.atomic():
        _refuse_too_many(actor)
        total, is_estimate = selection.count(actor)
        return _begin(
            Job(
                action=action.name,
                parameters=parameters,
                lead_ids=None if selection.lead_ids is None else list(selection.lead_ids),
                filter=selection.filter,
                total=total,
                total_is_estimate=is_estimate,
                failed=len(selection.missing),
                errors=[_names_nothing(ref) for ref in selection.missing[:MOST_ERRORS]],
            ),
            actor,
        )


def _refuse_too_many(actor: Actor) -> None:
    unfinished = Job.objects.in_workspace(actor.own_workspace.pk).unfinished()
    if unfinished.count() >= MOST_UNFINISHED:
        message = _("%(count)d jobs of this workspace are waiting already; wait for some of them.")
        raise Conflict(message % {"count": MOST_UNFINISHED}, code="too_many_jobs")


def _names_nothing(ref: str) -> dict[str, str]:
    message = "There is no such lead, or it is not yours to see."
    return {"lead_id": ref, "code": "not_found", "message": message}


def _begin(job: Job, actor: Actor) -> Job:
    job.workspace = actor.own_workspace
    job.user, job.api_key = actor.user, actor.api_key
    job.created_by, job.via = actor.label[:200], actor.via
    job.save(force_insert=True)
    soon()
    return job


def soon() -> None:
    """After the commit, let a worker look."""
    transaction.on_commit(partial(nudge, TASK), robust=True)


def _held(job_id: UUID, actor: Actor) -> tuple[Job, BulkAction]:
    """The locked job, and its action, which the actor may do."""
    job: Job | None = (
        Job.objects.visible_to(actor)
        .select_for_update(no_key=True, of=("self",))
        .select_related("workspace")
        .filter(pk=job_id)
        .first()
    )
    if job is None:
        raise JobNotFound
    action = action_named(job.action)
    actor.require(action.permission)
    return job, action


def cancel(job_id: UUID, *, actor: Actor) -> Job:
    """Stop it: what is done stays done, the rest is left. A second time changes nothing."""
    with transaction.atomic():
        job, _action = _held(job_id, actor)
        if job.status in (Job.Status.COMPLETED, Job.Status.FAILED):
            raise Conflict(_("This job has ended already."), code="job_finished")
        if not job.is_finished:
            job.status = Job.Status.CANCELED
            job.finished_at = timezone.now()
            # A batch that is under way finds its lease gone, and is undone.
            job.lease_token = None
            job.save(update_fields=["status", "finished_at", "lease_token", "updated_at"])
        return job


def run_again(job_id: UUID, *, actor: Actor) -> Job:
    """Take up a job that stopped or was canceled, where it was; as whoever asked for it."""
    with transaction.atomic():
        job, _action = _held(job_id, actor)
        if job.status == Job.Status.COMPLETED:
            message = _("This job was completed; ask for it anew.")
            raise Conflict(message, code="job_finished")
        if job.may_go_on:
            job.status = Job.Status.QUEUED
            job.error = ""
            job.attempts = 0
            job.finished_at = None
            job.due_at = timezone.now()
            fields = ["status", "error", "attempts", "finished_at", "due_at", "updated_at"]
            job.save(update_fields=fields)
            soon()
        return job


def can_undo(job: Job) -> bool:
    """Whether what it did can be taken back: a deletion that has ended."""
    return job.action == DELETE and job.is_finished and job.changed > 0


def undo(job_id: UUID, *, actor: Actor) -> Job:
    """A new job that restores what this one deleted; a second time it is the same."""
    with transaction.atomic():
        job, _action = _held(job_id, actor)
        if not can_undo(job):
            message = _("Only a deletion that has ended can be taken back.")
            raise Conflict(message, code="cannot_undo")
        action_named(RESTORE)
        known: Job | None = Job.objects.in_workspace(job.workspace_id).filter(undoes=job).first()
        if known is not None:
            return known
        return _begin(Job(action=RESTORE, undoes=job, total=job.changed), actor)
