"""Follow-ups: the tasks of a lead, from adding one to ticking it off.

Each function locks the lead, so that its `next_task_at`, the earliest open task, is always true.
Losing a lead closes what is open, and reopening it brings just that back.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.local_days import start_of_today
from accounts.models import User, Workspace
from leads import rendering
from leads.assigning.assignment import assignable, assignable_member
from leads.errors import LeadError
from leads.locking import locked
from leads.models import LONGEST_TITLE, InteractionType, Lead, Task
from leads.recording import add_interaction, save_and_tell

CHANGEABLE = ("title", "notes", "due_at", "reminder_at", "owner_user_id")
LONGEST_NOTES = 20_000
# What a page can show in every time zone.
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class TaskNotFound(LeadError):
    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no such task, or it is not yours to see.")


class InvalidTask(LeadError):
    """The task cannot be like that; `errors` names each field."""


def add(lead: Lead | UUID, *, actor: Actor, facts: Mapping[str, Any]) -> Task:
    """A new task with these facts of `CHANGEABLE`; only the title has to be given.

    Without a due time it is due when the workspace's today ends; without an owner it is the lead's
    owner's, or else of the person who adds it. Raises `InvalidTask`.
    """
    with locked(lead, actor=actor) as row:
        whose = row.assigned_to_id or (actor.user.pk if actor.user else None)
        task = Task(workspace_id=row.workspace_id, lead=row, created_by=actor.label)
        usual = {"title": "", "due_at": end_of_today(row.workspace), "owner_user_id": whose}
        if "owner_user_id" not in facts and not _may_own(row.workspace_id, whose):
            # Somebody who has left since, or looks in from elsewhere.
            usual["owner_user_id"] = None
        _apply(task, {**usual, **facts})
        task.save(force_insert=True)
        _tell(row, task, actor=actor, step="task_added")
        return task


def change(task_id: UUID, *, actor: Actor, changes: Mapping[str, Any]) -> Task:
    """Set what `changes` names of `CHANGEABLE`; `done` in it completes or reopens the task.

    A new reminder time reminds again. What is as it was is no change. Raises `InvalidTask`.
    """
    with locked(_lead_of(task_id, actor), actor=actor) as lead:
        task = _held(task_id)
        changed = _apply(task, {name: changes[name] for name in CHANGEABLE if name in changes})
        if changed:
            if "reminder_at" in changed:
                task.reminded_at = None
                changed.append("reminded_at")
            task.save(update_fields=[*changed, "updated_at"])
            fields = [name for name in CHANGEABLE if name.removesuffix("_user_id") in changed]
            _tell(lead, task, actor=actor, step="task_changed", fields=fields)
        if changes.get("done") is not None and changes["done"] != task.is_done:
            task = (complete if changes["done"] else reopen)(task.pk, actor=actor)
        return task


def complete(task_id: UUID, *, actor: Actor) -> Task:
    """Tick the task off; a second time changes nothing."""
    with locked(_lead_of(task_id, actor), actor=actor) as lead:
        task = _held(task_id)
        if not task.is_done:
            _set_done(task, at=timezone.now(), by=actor.label)
            _tell(lead, task, actor=actor, step="task_completed")
        return task


def reopen(task_id: UUID, *, actor: Actor) -> Task:
    """Take up a task that was ticked off, or closed with its lead, again."""
    with locked(_lead_of(task_id, actor), actor=actor) as lead:
        task = _held(task_id)
        if task.is_done:
            _set_done(task, at=None, by="")
            _tell(lead, task, actor=actor, step="task_reopened")
        return task


def delete(task_id: UUID, *, actor: Actor) -> None:
    """Take the task away; the timeline keeps that it was there."""
    with locked(_lead_of(task_id, actor), actor=actor) as lead:
        task = _held(task_id)
        gone = Task(pk=task.pk, **{name: getattr(task, name) for name in ("title", "due_at")})
        task.delete()
        _tell(lead, gone, actor=actor, step="task_deleted")


def close_with(lead_ids: Collection[UUID], *, workspace_id: UUID) -> None:
    """These locked leads are lost: nothing more is to be done with them."""
    rows = Task.objects.in_workspace(workspace_id).open().filter(lead__in=lead_ids)
    now = timezone.now()
    if rows.update(done_at=now, closed_with_lead=True, updated_at=now):
        leads = Lead.objects.in_workspace(workspace_id).filter(pk__in=lead_ids)
        leads.update(next_task_at=None)


def take_up_again(lead: Lead) -> None:
    """A locked lead that was lost is reopened: what was closed with it is to be done after all."""
    closed = Task.objects.in_workspace(lead.workspace_id).filter(lead=lead, closed_with_lead=True)
    if closed.update(done_at=None, closed_with_lead=False, updated_at=timezone.now()):
        lead.next_task_at = next_of(lead)
        lead.save(update_fields=["next_task_at"])


def follow_undo(lead: Lead, move: str, _at: datetime) -> None:
    """A move of a locked lead is taken back: its tasks are again as they were before it."""
    if move == "lose":
        take_up_again(lead)
    elif move == "reopen":
        close_with([lead.pk], workspace_id=lead.workspace_id)
        lead.next_task_at = None


def end_of_today(workspace: Workspace) -> datetime:
    """The last minute of the workspace's day."""
    return start_of_today(workspace) + timedelta(days=1) - timedelta(minutes=1)


def _possible_owner(workspace_id: UUID, user_id: UUID | None) -> User | None:
    if user_id is None:
        return None
    members = assignable(workspace_id)
    return assignable_member(members, user_id, field="owner_user_id", error=InvalidTask).user


def _may_own(workspace_id: UUID, user_id: UUID | None) -> bool:
    return user_id is not None and assignable(workspace_id).filter(user_id=user_id).exists()


def _lead_of(task_id: UUID, actor: Actor) -> UUID:
    rows = Task.objects.visible_to(actor).filter(pk=task_id)
    found: UUID | None = rows.values_list("lead_id", flat=True).first()
    if found is None:
        raise TaskNotFound
    return found


def _held(task_id: UUID) -> Task:
    """The task as it is by now, under the lock of its lead, which every change of it holds."""
    row: Task | None = Task.objects.select_related("owner").filter(pk=task_id).first()
    if row is None:
        raise TaskNotFound
    return row


def _apply(task: Task, given: Mapping[str, Any]) -> list[str]:
    """Set these facts; returns the columns that are different now."""
    values = dict(given)
    errors: list[tuple[str, str, str]] = []
    if "title" in values:
        values["title"] = " ".join(str(values["title"]).split())
        if not values["title"]:
            errors.append(("title", "required", _("Say what is to be done.")))
        elif len(values["title"]) > LONGEST_TITLE:
            errors.append(("title", "max_length", _at_most(LONGEST_TITLE)))
    if len(values.get("notes", "")) > LONGEST_NOTES:
        errors.append(("notes", "max_length", _at_most(LONGEST_NOTES)))
    if "due_at" in values and values["due_at"] is None:
        errors.append(("due_at", "required", _("Say when it is due.")))
    for name in ("due_at", "reminder_at"):
        at = values.get(name)
        if at is not None and not _EARLIEST <= at < _LATEST:
            errors.append((name, "invalid", _("Use a date between 2000 and 2200.")))
    if errors:
        raise InvalidTask(errors[0][2], errors=errors)
    if "owner_user_id" in values:
        values["owner"] = _possible_owner(task.workspace_id, values.pop("owner_user_id"))
    changed = [name for name, value in values.items() if getattr(task, name) != value]
    for name in changed:
        setattr(task, name, values[name])
    return changed


def _at_most(characters: int) -> str:
    return _("Use at most %(count)d characters.") % {"count": characters}


def _set_done(task: Task, *, at: datetime | None, by: str) -> None:
    task.done_at = at
    task.done_by = by
    task.closed_with_lead = False
    task.save(update_fields=["done_at", "done_by", "closed_with_lead", "updated_at"])


def _tell(lead: Lead, task: Task, *, actor: Actor, step: str, **details: Any) -> None:
    lead.next_task_at = next_of(lead)
    change = {
        "step": step,
        "task_id": str(task.pk),
        "title": task.title,
        "due_at": task.due_at.isoformat(),
        **details,
    }
    add_interaction(
        lead, actor=actor, type=InteractionType.SYSTEM_AUTO, at=timezone.now(), payload=change
    )
    if step != "task_deleted":
        change = {**change, "task": rendering.task(task)}
    save_and_tell(lead, event=f"lead.{step}", change=change)


def next_of(lead: Lead) -> datetime | None:
    """When the earliest open task of the lead is due."""
    rows = Task.objects.in_workspace(lead.workspace_id).open().filter(lead=lead)
    earliest: datetime | None = rows.aggregate(earliest=Min("due_at"))["earliest"]
    return earliest
