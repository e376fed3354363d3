"""What the demo's reps still have to do, what they did, and how soon they want to answer."""

import random
from datetime import datetime, timedelta
from typing import Any

from accounts.actors import Actor
from config.demo.stories import Cast
from leads.models import Interaction, InteractionType, Lead, Task
from leads.responding import response

_TITLES = {
    "brightsmile": (
        "Call back about the quote",
        "Ask for the insurance number",
        "Send the treatment plan",
        "Remind of the check-up",
    ),
    "solwerk": (
        "Send the offer",
        "Ask for photos of the roof",
        "Check the grid operator's answer",
        "Call back about financing",
    ),
    "fernhill": (
        "Send the floor plans",
        "Arrange a second viewing",
        "Ask how many desks they need",
        "Call back about the lease",
    ),
}
_TARGETS = {"brightsmile": {"target_minutes": 60, "days": [0, 1, 2, 3, 4, 5]}, "solwerk": 240}
# Of the open leads, so many have something to do; of these so many are late.
_SHARE, _LATE = 0.4, 0.2
_DONE = 0.3


def fill(cast: Cast) -> list[Task]:
    """Tasks of the leads in `cast.rows`, with their entries, and when each was to be answered.

    It draws by itself, so that the stories stay the same with and without.
    """
    rng = random.Random(f"{cast.workspace.slug} tasks")
    _answer_by(cast)
    tasks: list[Task] = []
    for lead in cast.rows.leads:
        if lead.assigned_to is None:
            continue
        if lead.is_open and rng.random() < _SHARE:
            tasks.append(_to_do(cast, lead, rng))
        # A day is time enough for somebody to have done something.
        lived = lead.last_activity_at - lead.created_at
        if lived > timedelta(days=1) and rng.random() < _DONE:
            tasks.append(_was_done(cast, lead, rng))
    return tasks


def _answer_by(cast: Cast) -> None:
    target = _TARGETS.get(cast.workspace.slug)
    if target is None:
        return
    changes: dict[str, Any] = target if isinstance(target, dict) else {"target_minutes": target}
    settings = response.save(actor=cast.manager, changes=changes)
    for lead in cast.rows.leads:
        lead.first_response_due_at = response.due_by(settings, cast.workspace, lead.created_at)


def _to_do(cast: Cast, lead: Lead, rng: random.Random) -> Task:
    if rng.random() < _LATE:
        due = cast.now - timedelta(hours=rng.uniform(1, 60))
    else:
        due = cast.now + timedelta(hours=rng.uniform(1, 24 * 6))
    due = cast.in_office_hours(due).replace(minute=rng.choice((0, 15, 30, 45)), second=0)
    task = _task(cast, lead, rng, due=due, added=lead.last_activity_at)
    if rng.random() < 0.5 and due > cast.now + timedelta(hours=1):
        task.reminder_at = due - timedelta(minutes=30)
    lead.next_task_at = task.due_at
    return task


def _was_done(cast: Cast, lead: Lead, rng: random.Random) -> Task:
    added = lead.created_at + (lead.last_activity_at - lead.created_at) / 2
    done = lead.last_activity_at
    task = _task(cast, lead, rng, due=done + timedelta(hours=rng.uniform(-2, 20)), added=added)
    task.done_at = done
    task.done_by = task.created_by
    _tell(cast, task, "task_completed", done)
    return task


def _task(cast: Cast, lead: Lead, rng: random.Random, *, due: datetime, added: datetime) -> Task:
    task = Task(
        workspace=cast.workspace,
        lead=lead,
        title=rng.choice(_TITLES[cast.workspace.slug]),
        due_at=due.replace(microsecond=0),
        owner=lead.assigned_to,
        created_at=added,
        created_by=_owner(cast, lead).label,
    )
    _tell(cast, task, "task_added", added)
    return task


def _owner(cast: Cast, lead: Lead) -> Actor:
    return next((rep for rep in cast.reps if rep.user == lead.assigned_to), cast.manager)


def _tell(cast: Cast, task: Task, step: str, at: datetime) -> None:
    actor = _owner(cast, task.lead)
    cast.rows.interactions.append(
        Interaction(
            workspace=cast.workspace,
            lead=task.lead,
            type=InteractionType.SYSTEM_AUTO,
            at=at,
            created_at=at,
            actor_user=actor.user,
            actor_label=actor.label,
            via=actor.via,
            payload={
                "step": step,
                "task_id": str(task.pk),
                "title": task.title,
                "due_at": task.due_at.isoformat(),
            },
        )
    )
