"""Reminding people of their tasks, once for each reminder time."""

from collections.abc import Iterable
from uuid import UUID

from django.utils import timezone

from accounts.acting import acting_itself
from accounts.models import Membership
from accounts.tenancy import system_scope
from leads.models import Notification, Task

BATCH = 500


def remind_due(batch: int = BATCH) -> int:
    """Tell the owners of all tasks whose reminder is due; returns how many there were.

    A task without an owner is its lead's owner's to be reminded of. Safe beside itself: a task that
    another worker holds is passed over.
    """
    reminded = 0
    while taken := _remind_batch(batch):
        reminded += taken
    return reminded


def _remind_batch(batch: int) -> int:
    now = timezone.now()
    with acting_itself(via="timer"), system_scope():
        due = list(
            Task.objects.open()
            .filter(reminder_at__lte=now, reminded_at__isnull=True, lead__deleted_at__isnull=True)
            .select_related("lead")
            .select_for_update(skip_locked=True, no_key=True, of=("self",))
            .order_by("reminder_at")[:batch]
        )
        ids = [task.pk for task in due]
        Task.objects.filter(pk__in=ids).update(reminded_at=now)
        # Whoever is reminded of a task again is told anew, and not twice.
        Notification.objects.filter(kind=Notification.Kind.TASK_DUE, event_id__in=ids).delete()
        Notification.objects.bulk_create(_news(due))
    return len(due)


def _news(tasks: Iterable[Task]) -> list[Notification]:
    told = [
        (task, user_id)
        for task in tasks
        if (user_id := task.owner_id or task.lead.assigned_to_id) is not None
    ]
    members = _members({user_id for _task, user_id in told})
    return [
        Notification(
            workspace_id=task.workspace_id,
            user_id=user_id,
            kind=Notification.Kind.TASK_DUE,
            lead_id=task.lead_id,
            event_id=task.pk,
        )
        for task, user_id in told
        if (task.workspace_id, user_id) in members
    ]


def _members(user_ids: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    """Which of these people still are where."""
    rows = Membership.objects.filter(user__in=user_ids, is_active=True, user__is_active=True)
    return set(rows.values_list("workspace_id", "user_id"))
