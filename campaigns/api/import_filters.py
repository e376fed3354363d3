"""How the list of imports is narrowed."""

import django_filters

from campaigns.models import Import
from leads.listing.filter_fields import CommaListFilter
from leads.listing.filters import ActorFilterSet


class ImportFilter(ActorFilterSet):
    status: django_filters.Filter = CommaListFilter(
        field_name="status", choices=Import.Status.choices
    )

    class Meta:
        model = Import
        fields: list[str] = []
