"""A campaign as it is being worked right now: who is in a call, and what came of today's."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet, Sum

from accounts.local_days import start_of_today
from campaigns.models import CallAttempt, Campaign, CampaignLead, CampaignLeadList
from campaigns.outcomes import labels_of, outcomes_of

_MOST_CALLERS = 200


@dataclass
class Tally:
    """Calls counted under one name."""

    name: str
    calls: int = 0
    reached: int = 0
    successful: int = 0
    seconds: int = 0


@dataclass
class Today:
    """What was called since the workspace's midnight."""

    total: Tally
    callers: list[Tally] = field(default_factory=list)
    outcomes: list[Tally] = field(default_factory=list)


def in_calls(campaign: Campaign, now: datetime) -> QuerySet[CampaignLead]:
    """Who is being called, the longest call first."""
    rows = CampaignLead.objects.in_workspace(campaign.workspace_id).filter(
        campaign=campaign, status=CampaignLead.Status.CALLING, due_at__gt=now
    )
    found = rows.select_related("lead__contact", "leased_by").order_by("leased_at", "id")
    return found[:_MOST_CALLERS]


def lists(campaign: Campaign) -> QuerySet[CampaignLeadList]:
    """The attached lists with their counters, in the order in which they are called."""
    rows = CampaignLeadList.objects.filter(campaign=campaign).attached()
    return rows.select_related("lead_list").order_by("priority", "assigned_at", "id")


def today(campaign: Campaign) -> Today:
    """The day's calls by caller and by outcome, the most first."""
    rules = outcomes_of(campaign.workspace_id)
    labels = labels_of(campaign.workspace_id)
    rows = CallAttempt.objects.in_workspace(campaign.workspace_id).filter(
        campaign=campaign, at__gte=start_of_today(campaign.workspace)
    )
    counted = rows.order_by().values_list("created_by", "outcome")
    total = Tally("")
    callers: dict[str, Tally] = {}
    outcomes: dict[str, Tally] = {}
    for who, outcome, calls, seconds in counted.annotate(n=Count("pk"), s=Sum("duration")):
        rule = rules.get(outcome)
        for tally in (
            total,
            callers.setdefault(who, Tally(who)),
            outcomes.setdefault(outcome, Tally(labels.get(outcome, outcome))),
        ):
            tally.calls += calls
            tally.seconds += seconds
            tally.reached += calls if rule and rule.reached else 0
            tally.successful += calls if rule and rule.successful else 0
    return Today(total, _most_first(callers.values()), _most_first(outcomes.values()))


def _most_first(tallies: Iterable[Tally]) -> list[Tally]:
    return sorted(tallies, key=lambda one: (-one.calls, one.name))


def shares(source: CampaignLeadList) -> dict[str, Any]:
    """How far a list is: who is left, in percent of all."""
    done = source.total_leads - source.waiting_leads
    percent = round(100 * done / source.total_leads) if source.total_leads else 0
    return {"row": source, "done": done, "percent": percent}
