"""How lists do across campaigns: the seed's question of what is reused, and what it brought."""

from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from campaigns.models import CampaignLeadList, LeadList
from campaigns.models.lead_list import LeadListQuerySet

_SUMMED = ("total_leads", "contacted_leads", "successful_leads", "attempts")


def with_results(rows: LeadListQuerySet) -> LeadListQuerySet:
    """With `campaigns_used_in`, and each counter summed over campaigns, past ones included."""
    uses = CampaignLeadList.objects.filter(lead_list=OuterRef("pk")).order_by().values("lead_list")
    return rows.with_use().annotate(
        **{name: Coalesce(Subquery(uses.annotate(n=Sum(name)).values("n")), 0) for name in _SUMMED}
    )


def rate_of(row: Any) -> Decimal | None:
    """Successful among contacted, in percent."""
    if not row.contacted_leads:
        return None
    return round(Decimal(row.successful_leads * 100) / row.contacted_leads, 2)


def stats(row: LeadList) -> dict[str, Any]:
    """Of a list that was read `with_results`."""
    found: Any = row
    return {
        "list_id": row.pk,
        "name": row.name,
        "list_type": row.list_type,
        "lead_count": row.lead_count,
        "campaigns_used_in": found.campaigns_used_in,
        "total_leads": found.total_leads,
        "contacted_leads": found.contacted_leads,
        "total_conversions": found.successful_leads,
        "conversion_rate": rate_of(found),
    }
