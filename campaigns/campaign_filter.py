"""The filter `campaign` of leads: who is in a campaign, however far they are."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter

from campaigns.models import Campaign, CampaignLead
from leads.listing.filter_fields import AnyOfFilter, OwnerField
from leads.listing.narrowing import among

CAMPAIGN = "campaign"
CAMPAIGN_PARAMETER = OpenApiParameter(
    CAMPAIGN,
    str,
    many=True,
    description="In any of these campaigns: ids, repeated or comma-separated.",
)


class CampaignFilter(AnyOfFilter):
    """Leads in any of the campaigns. Of a campaign that is not there nobody is in."""

    field_class = OwnerField

    @property
    def value_labels(self) -> Mapping[str, str]:
        """The campaigns' names, by id."""
        workspace = self.parent.actor.workspace
        value = self.parent.form.cleaned_data.get(CAMPAIGN) if self.parent.is_valid() else None
        if workspace is None or not value:
            return {}
        rows = Campaign.objects.in_workspace(workspace.pk).filter(pk__in=value)
        return {str(pk): name for pk, name in rows.values_list("pk", "name")}

    def filter(self, qs: QuerySet[Any], value: list[Any]) -> QuerySet[Any]:
        workspace = self.parent.actor.workspace
        if not value or workspace is None:
            return qs if not value else qs.none()
        entries = CampaignLead.objects.in_workspace(workspace.pk).filter(campaign__in=value)
        return among(qs, "pk", entries, "lead_id")


CAMPAIGN_FILTER = CampaignFilter(label=gettext_lazy("Campaign"))
