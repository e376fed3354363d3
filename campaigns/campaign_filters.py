"""What lists of campaigns, and of the leads of one, can be narrowed by."""

import django_filters
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, CampaignLead
from leads.listing.filter_fields import AnyOfFilter, CommaListFilter, OwnerField, TextListField
from leads.listing.filters import ActorFilterSet


class _TextsFilter(AnyOfFilter):
    field_class = TextListField


class _IdsFilter(AnyOfFilter):
    field_class = OwnerField


class CampaignsFilter(ActorFilterSet):
    status = CommaListFilter(
        field_name="status", choices=Campaign.Status.choices, label=_("Status")
    )
    q = django_filters.CharFilter(
        field_name="name", lookup_expr="icontains", max_length=200, label=_("Search")
    )

    class Meta:
        model = Campaign
        fields: list[str] = []


class CampaignLeadsFilter(ActorFilterSet):
    status = CommaListFilter(
        field_name="status", choices=CampaignLead.Status.choices, label=_("Status")
    )
    outcome = _TextsFilter(field_name="outcome", label=_("Last outcome"))
    list_id = _IdsFilter(field_name="source__lead_list", label=_("List"))

    class Meta:
        model = CampaignLead
        fields: list[str] = []
