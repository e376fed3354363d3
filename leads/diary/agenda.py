"""The calendar of tasks and appointments: what is overdue, what today and the next days bring."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.local_days import start_of_today
from accounts.models import User
from leads.listing.narrowing import among
from leads.models import Appointment, Contact, Lead, Task
from leads.models.task import TaskQuerySet

DAYS_AHEAD = 7
# Of tasks and of appointments each, in each part of the page.
SHOWN = 40

_LEAD_COLUMNS = (
    "lead__number",
    "lead__status",
    "lead__heat",
    "lead__heat_score",
    *(f"lead__contact__{column}" for column in Contact.NAME_COLUMNS),
)


@dataclass(frozen=True)
class Entry:
    """A task or an appointment; `at` is when it is due or takes place."""

    at: datetime
    task: Task | None = None
    appointment: Appointment | None = None

    @property
    def row(self) -> Task | Appointment:
        found: Task | Appointment | None = self.task or self.appointment
        if found is None:
            raise RuntimeError("An entry is about something.")
        return found

    @property
    def lead(self) -> Lead:
        return self.row.lead


@dataclass
class Agenda:
    """The parts of the page. `has_more` says that a part shows its first entries only."""

    overdue: list[Entry] = field(default_factory=list)
    today: list[Entry] = field(default_factory=list)
    week: list[Entry] = field(default_factory=list)
    done_today: list[Task] = field(default_factory=list)
    has_more: bool = False
    # So many entries of each kind a part shows at most.
    shown: int = SHOWN

    @property
    def is_empty(self) -> bool:
        return not (self.overdue or self.today or self.week)


def agenda(actor: Actor, owner: User | None) -> Agenda:
    """What a person has to do and to attend, or with None everybody; five queries.

    A person's appointments are those of their leads.
    """
    now = timezone.now()
    today = start_of_today(actor.own_workspace)
    tomorrow, end = today + timedelta(days=1), today + timedelta(days=DAYS_AHEAD)
    tasks, visits = _tasks(actor, owner), _visits(actor, owner)
    open_tasks = tasks.open().order_by("due_at", "id")
    # What was due the longest ago comes first, and must not crowd out what comes next.
    late_tasks = list(open_tasks.filter(due_at__lt=now)[: SHOWN + 1])
    next_tasks = list(open_tasks.filter(due_at__gte=now, due_at__lt=end)[: SHOWN + 1])
    late_visits = list(visits.filter(scheduled_for__lt=today)[: SHOWN + 1])
    next_visits = list(visits.filter(scheduled_for__gte=today, scheduled_for__lt=end)[: SHOWN + 1])
    coming = _entries(next_tasks[:SHOWN], next_visits[:SHOWN])
    lists: Sequence[Sequence[object]] = (late_tasks, next_tasks, late_visits, next_visits)
    return Agenda(
        overdue=_entries(late_tasks[:SHOWN], late_visits[:SHOWN]),
        today=[entry for entry in coming if entry.at < tomorrow],
        week=[entry for entry in coming if entry.at >= tomorrow],
        done_today=list(
            tasks.filter(done_at__gte=today, closed_with_lead=False).order_by("-done_at", "-id")[
                :SHOWN
            ]
        ),
        has_more=any(len(rows) > SHOWN for rows in lists),
    )


def _tasks(actor: Actor, owner: User | None) -> TaskQuerySet:
    rows = Task.objects.visible_to(actor).select_related("lead__contact", "owner")
    if owner is not None:
        rows = rows.owned_by(owner)
    return rows.only(
        *("title", "notes", "due_at", "reminder_at", "done_at", "done_by", "workspace_id"),
        *("owner__name", "owner__email"),
        *_LEAD_COLUMNS,
    )


def _visits(actor: Actor, owner: User | None) -> QuerySet[Appointment]:
    rows: QuerySet[Appointment] = Appointment.objects.visible_to(actor)
    if owner is not None:
        # Who has few leads would have everybody's appointments looked through for their own.
        theirs = Lead.objects.visible_to(actor).assigned_to_user(owner)
        everybodys = Appointment.objects.in_workspace(actor.own_workspace.pk)
        # Who has many is found soon in the few days shown: no hash of their leads is worth it.
        rows = among(everybodys, "lead_id", theirs, "pk", is_short=True)
    return (
        rows.filter(status=Appointment.Status.SCHEDULED)
        .select_related("lead__contact", "lead__assigned_to")
        .only(
            *("scheduled_for", "location", "status", "workspace_id"),
            *("lead__assigned_to__name", "lead__assigned_to__email"),
            *_LEAD_COLUMNS,
        )
        .order_by("scheduled_for", "id")
    )


def _entries(tasks: Iterable[Task], visits: Iterable[Appointment]) -> list[Entry]:
    found = [Entry(task.due_at, task=task) for task in tasks]
    found += [Entry(visit.scheduled_for, appointment=visit) for visit in visits]
    return sorted(found, key=lambda entry: entry.at)
