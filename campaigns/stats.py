"""How a campaign does, list by list and outcome by outcome, and how often lists are used.

The figures of lists are their counters, kept by the database; only outcomes and quality are
counted when they are asked for.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from campaigns.models import Campaign, CampaignLead, CampaignLeadList, LeadList
from campaigns.outcomes import labels_of
from leads.models import QualityRating

CENT = Decimal("0.01")
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class OutcomeShare:
    """Leads of a campaign whose last call ended in the same way; an empty code: not called yet."""

    code: str
    label: str
    leads: int
    share: Decimal


@dataclass(frozen=True)
class QualityShare:
    """Leads of a campaign that a person judged alike, and how well they do."""

    quality_rating: str
    label: str
    leads: int
    average_score: Decimal | None
    contacted_leads: int
    successful_leads: int

    @property
    def conversion_rate(self) -> Decimal | None:
        return rate(self.successful_leads, self.contacted_leads)


def rate(part: int, whole: int) -> Decimal | None:
    """In percent; None of nothing."""
    if not whole:
        return None
    return (HUNDRED * part / whole).quantize(CENT, rounding=ROUND_HALF_UP)


def outcomes_of(campaign: Campaign) -> list[OutcomeShare]:
    """Every lead of the campaign by its last outcome, the most frequent first."""
    rows = CampaignLead.objects.in_workspace(campaign.workspace_id).filter(campaign=campaign)
    counted = dict(rows.order_by().values_list("outcome").annotate(n=Count("*")))
    labels = labels_of(campaign.workspace_id)
    total = sum(counted.values())
    return [
        OutcomeShare(code, str(labels.get(code, code)), number, rate(number, total) or Decimal(0))
        for code, number in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def statuses_of(campaign: Campaign) -> dict[str, int]:
    """How many leads are in each status."""
    rows = CampaignLead.objects.in_workspace(campaign.workspace_id).filter(campaign=campaign)
    counted = dict(rows.order_by().values_list("status").annotate(n=Count("*")))
    return {status: counted.get(status, 0) for status in CampaignLead.Status.values}


def quality_of(campaign: Campaign) -> list[QualityShare]:
    """The campaign's leads by a person's judgement, with their average heat score."""
    rows = CampaignLead.objects.in_workspace(campaign.workspace_id).filter(campaign=campaign)
    found = {
        row.pop("lead__quality_rating"): row
        for row in rows.order_by()
        .values("lead__quality_rating")
        .annotate(
            leads=Count("*"),
            average_score=Avg("lead__heat_score"),
            contacted_leads=Count("contacted_at"),
            successful_leads=Count("succeeded_at"),
        )
    }
    nobody = {"leads": 0, "average_score": None, "contacted_leads": 0, "successful_leads": 0}
    return [
        QualityShare(rating.value, str(rating.label), **_rounded(found.get(rating.value, nobody)))
        for rating in QualityRating
    ]


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    score = row["average_score"]
    return row | {"average_score": None if score is None else Decimal(score).quantize(CENT)}


def lists_of(campaign: Campaign) -> QuerySet[CampaignLeadList]:
    """The lists of the campaign with their counters, in the order in which they are called."""
    rows = CampaignLeadList.objects.in_workspace(campaign.workspace_id).attached()
    return rows.filter(campaign=campaign).select_related("lead_list")


def with_totals(campaign_id: UUID, *, workspace_id: UUID) -> Campaign:
    """The campaign as it is now, with the sums over its lists."""
    rows = Campaign.objects.in_workspace(workspace_id).with_totals().select_related("workspace")
    found: Campaign = rows.get(pk=campaign_id)
    return found


def list_reuse(workspace_id: UUID) -> QuerySet[LeadList]:
    """The lists that campaigns use, with `campaigns_used_in`, contacts and successes.

    What was taken away from a campaign counts no more as a use, but what came of it does.
    """
    uses = Q(uses__detached_at__isnull=True)
    return (
        LeadList.objects.in_workspace(workspace_id)
        .alive()
        .filter(uses__isnull=False)
        .annotate(
            campaigns_used_in=Count("uses__campaign", distinct=True, filter=uses),
            total_contacted=Coalesce(Sum("uses__contacted_leads"), 0),
            total_conversions=Coalesce(Sum("uses__successful_leads"), 0),
        )
        .order_by("-campaigns_used_in", "-total_conversions", "name", "id")
    )
