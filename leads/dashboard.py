"""What a working day starts with: how much there is, what to do next, how the team stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.actors import Actor
from accounts.local_days import start_of_today
from accounts.models import User
from leads.assigning.assignment import assignable_by_name
from leads.models import Appointment, Contact, Lead, Task
from leads.models.lead import IS_IN_CONVERSATION, IS_READY_FOR_OUTREACH, follow_up_is_due
from leads.responding import response

NEXT_STEPS = 10
# However many are overdue, what has its time today is shown.
OVERDUE_STEPS = 5
# Who was not answered in time may wait for weeks, and must not hide the follow-ups.
LATE_RESPONSES = 3
# What a step shows of its lead.
_STEP_COLUMNS = (
    "number",
    "created_at",
    "status",
    "heat",
    "heat_score",
    "assigned_to_id",
    "last_contacted_at",
    "first_response_due_at",
    *(f"contact__{column}" for column in Contact.NAME_COLUMNS),
)


def dashboard(actor: Actor) -> dict[str, int]:
    """The four counts: a person's own leads, with a key those of the whole workspace.

    `my_leads` counts the open ones. One query, whatever there is.
    """
    # All four are open ones; said once for all, an index alone answers.
    rows = Lead.objects.visible_to(actor).open()
    if actor.user is not None:
        rows = rows.assigned_to_user(actor.user)
    return rows.aggregate(
        my_leads=Count("*"),
        ready_for_outreach=Count("workspace_id", filter=IS_READY_FOR_OUTREACH),
        in_conversation=Count("workspace_id", filter=IS_IN_CONVERSATION),
        follow_ups_due=Count("workspace_id", filter=follow_up_is_due(timezone.now())),
    )


@dataclass(frozen=True)
class NextStep:
    """One thing to do; `at` is its moment, `text` where a visit is or what a task says.

    `kind` is overdue, appointment, task, response, hot, late_response or follow_up.
    """

    kind: str
    lead: Lead
    at: datetime
    text: str = ""


def next_steps(actor: Actor, user: User) -> list[NextStep]:
    """What the person had best do now, each lead once; but an appointment is never left out.

    Overdue tasks come first, then what has its time today: appointments and tasks. Then who is
    about to wait too long for a first answer, and hot leads that nobody has contacted, the hottest
    first, also those that are nobody's; then who waits too long already, and the follow-ups due
    that have waited longest.
    """
    steps: list[NextStep] = []
    leads: set[object] = set()
    for step in _candidates(actor, user):
        if step.kind == "appointment" or step.lead.pk not in leads:
            steps.append(step)
            leads.add(step.lead.pk)
        if len(steps) == NEXT_STEPS:
            # Whoever has ten things to do is not asked for more.
            break
    return steps


def _candidates(actor: Actor, user: User) -> Iterator[NextStep]:
    now = timezone.now()
    visible = Lead.objects.visible_to(actor).select_related("contact").only(*_STEP_COLUMNS)
    own = visible.assigned_to_user(user)
    today = start_of_today(actor.own_workspace)
    tomorrow = today + timedelta(days=1)
    tasks = (
        Task.objects.visible_to(actor)
        .open()
        .owned_by(user)
        .filter(due_at__lt=tomorrow)
        .select_related("lead__contact")
        .only("title", "due_at", *(f"lead__{column}" for column in _STEP_COLUMNS))
        .order_by("due_at", "pk")
    )
    for task in tasks.filter(due_at__lt=now)[:OVERDUE_STEPS]:
        yield NextStep("overdue", task.lead, task.due_at, task.title)
    fixed = [
        NextStep("task", task.lead, task.due_at, task.title)
        for task in tasks.filter(due_at__gte=now)[:NEXT_STEPS]
    ]
    appointments = (
        Appointment.objects.in_workspace(actor.own_workspace.pk)
        .filter(
            lead__in=own.values("pk"),
            status=Appointment.Status.SCHEDULED,
            scheduled_for__gte=today,
            scheduled_for__lt=tomorrow,
        )
        .select_related("lead__contact")
        .only("scheduled_for", "location", *(f"lead__{column}" for column in _STEP_COLUMNS))
        .order_by("scheduled_for", "pk")
    )
    fixed += [
        NextStep("appointment", visit.lead, visit.scheduled_for, visit.location)
        for visit in appointments[:NEXT_STEPS]
    ]
    yield from sorted(fixed, key=lambda step: step.at)
    own_or_nobodys = visible.filter(Q(assigned_to=user) | Q(assigned_to__isnull=True))
    waiting = own_or_nobodys.awaiting_first_response()
    soon = waiting.filter(
        first_response_due_at__gte=now, first_response_due_at__lte=now + response.SOON
    )
    for lead in soon.order_by("first_response_due_at", "pk")[:NEXT_STEPS]:
        yield NextStep("response", lead, lead.first_response_due_at)
    hot = own_or_nobodys.hot_and_untouched()
    for lead in hot.order_by("-heat_score", "created_at", "pk")[:NEXT_STEPS]:
        yield NextStep("hot", lead, lead.created_at)
    # The latest first: who has waited for days will rather wait an hour more.
    late = waiting.filter(first_response_due_at__lt=now).order_by("-first_response_due_at", "-pk")
    for lead in late[:LATE_RESPONSES]:
        yield NextStep("late_response", lead, lead.first_response_due_at)
    for lead in own.follow_ups_due(now).order_by("last_contacted_at", "pk")[:NEXT_STEPS]:
        yield NextStep("follow_up", lead, lead.last_contacted_at)


@dataclass(frozen=True)
class Workload:
    """How one member stands."""

    user: User
    open_leads: int
    follow_ups_due: int


def team(actor: Actor) -> list[Workload]:
    """Everybody who may be given leads, by name: one query, however many they are."""
    theirs = Lead.objects.visible_to(actor).filter(assigned_to=OuterRef("user_id"))
    # Counted for each member by itself: an index alone answers, without grouping every open lead.
    members = assignable_by_name(actor.own_workspace.pk).annotate(
        open_leads=_number_of(theirs.open()),
        due=_number_of(theirs.follow_ups_due(timezone.now())),
    )
    return [Workload(m.user, m.open_leads, m.due) for m in members]


def _number_of(theirs: QuerySet[Lead]) -> Coalesce:
    counted = theirs.order_by().values("assigned_to").annotate(number=Count("*")).values("number")
    return Coalesce(Subquery(counted), 0)
