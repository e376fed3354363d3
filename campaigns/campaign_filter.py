"""The filter `campaign` of leads: who is in a campaign, however far they are."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter

from campaigns.models import Campaign, CampaignLead
from leads.listing.filter_fields import NamedRowsFilter
from leads.listing.narrowing import among

CAMPAIGN = "campaign"
CAMPAIGN_PARAMETER = OpenApiParameter(
    CAMPAIGN,
    str,
    many=True,
    description="In any of these campaigns: ids, repeated or comma-separated.",
)


class CampaignFilter(NamedRowsFilter):
    """Leads in any of the campaigns. Of a campaign that is not there nobody is in."""

    named_model = Campaign
    parameter = CAMPAIGN

    def filter(self, qs: QuerySet[Any], value: list[Any]) -> QuerySet[Any]:
        workspace = self.parent.actor.workspace
        if not value or workspace is None:
            return qs if not value else qs.none()
        entries = CampaignLead.objects.in_workspace(workspace.pk).filter(campaign__in=value)
        return among(qs, "pk", entries, "lead_id", takes_all=self.parent.takes_all)


CAMPAIGN_FILTER = CampaignFilter(label=gettext_lazy("Campaign"))
