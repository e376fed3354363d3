"""What a working day starts with: how much there is, what to do next, how the team stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from leads.assignment import assignable_by_name
from leads.models import Appointment, Contact, Lead
from leads.models.lead import (
    IS_IN_CONVERSATION,
    IS_READY_FOR_OUTREACH,
    follow_up_is_due,
)

NEXT_STEPS = 10
# What a step shows of its lead.
_STEP_COLUMNS = (
    "number",
    "created_at",
    "status",
    "assigned_to_id",
    "last_contacted_at",
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
    """One thing to do: `kind` is appointment, hot or follow_up; `at` is its moment."""

    kind: str
    lead: Lead
    at: datetime
    location: str = ""


def next_steps(actor: Actor, user: User) -> list[NextStep]:
    """What the person had best do now, each lead once.

    Today's appointments come first because their time is fixed; then hot leads that nobody has
    contacted, the hottest first, also those that are nobody's; then the follow-ups due that have
    waited longest.
    """
    steps: dict[object, NextStep] = {}
    for step in _candidates(actor, user):
        steps.setdefault(step.lead.pk, step)
        if len(steps) == NEXT_STEPS:
            # Whoever has ten things to do is not asked for more.
            break
    return list(steps.values())


def _candidates(actor: Actor, user: User) -> Iterator[NextStep]:
    now = timezone.now()
    visible = Lead.objects.visible_to(actor).select_related("contact").only(*_STEP_COLUMNS)
    own = visible.assigned_to_user(user)
    zone = ZoneInfo(actor.own_workspace.time_zone)
    today = datetime.combine(now.astimezone(zone).date(), time.min, tzinfo=zone)
    appointments = (
        Appointment.objects.in_workspace(actor.own_workspace.pk)
        .filter(
            lead__in=own.values("pk"),
            status=Appointment.Status.SCHEDULED,
            scheduled_for__gte=today,
            scheduled_for__lt=today + timedelta(days=1),
        )
        .select_related("lead__contact")
        .only("scheduled_for", "location", *(f"lead__{column}" for column in _STEP_COLUMNS))
        .order_by("scheduled_for", "pk")
    )
    for visit in appointments[:NEXT_STEPS]:
        yield NextStep("appointment", visit.lead, visit.scheduled_for, visit.location)
    hot = visible.hot_and_untouched().filter(Q(assigned_to=user) | Q(assigned_to__isnull=True))
    for lead in hot.order_by("-heat_score", "created_at", "pk")[:NEXT_STEPS]:
        yield NextStep("hot", lead, lead.created_at)
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
