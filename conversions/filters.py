"""What lists of conversions and uploads can be narrowed by."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from conversions.models import Conversion, Upload
from integrations.registry import provider_names
from leads.listing.filter_fields import AnyOfFilter, CommaListFilter, MomentFilter, TextListField
from leads.listing.filters import ActorFilterSet
from leads.merges.merged import contacts_now, leads_now
from leads.models.numbers import read_ref

MAX_AMOUNT = 10**12


class TextListFilter(AnyOfFilter):
    """Any of the texts given, repeated or comma-separated."""

    field_class = TextListField


class RefFilter(django_filters.CharFilter):
    """A row named by its UUID or number; what is neither matches nothing.

    What was merged away stands for what it was merged into.
    """

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value.strip():
            return qs
        named = read_ref(value)
        if named is None:
            return qs.none()
        now = contacts_now if self.field_name == "contact" else leads_now
        named = now(self.parent.actor.own_workspace.pk, [named]).get(named, named)
        column = "number" if isinstance(named, int) else "id"
        return qs.filter(**{f"{self.field_name}__{column}": named})


def _amount(lookup: str) -> django_filters.NumberFilter:
    return django_filters.NumberFilter(
        field_name="value", lookup_expr=lookup, min_value=-MAX_AMOUNT, max_value=MAX_AMOUNT
    )


class ConversionFilter(ActorFilterSet):
    contact_id = RefFilter(field_name="contact", max_length=40)
    lead_id = RefFilter(field_name="lead", max_length=40)
    conversion_type = TextListFilter(field_name="type")
    from_date = MomentFilter(field_name="converted_at")
    to_date = MomentFilter(field_name="converted_at", end=True)
    min_value = _amount("gte")
    max_value = _amount("lte")
    converted_by = TextListFilter(field_name="converted_by")

    class Meta:
        model = Conversion
        fields: list[str] = []


class DestinationFilter(django_filters.CharFilter):
    """A connection by its id, or every connection of a provider by its name."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        text = value.strip()
        if not text:
            return qs
        if text in provider_names():
            return qs.filter(connection__provider=text)
        try:
            return qs.filter(Q(connection_id=UUID(text)))
        except ValueError:
            return qs.none()


_UPLOAD_FILTERS: dict[str, Any] = {
    "status": CommaListFilter(
        field_name="status", choices=Upload.Status.choices, label=_("Status")
    ),
    "destination": DestinationFilter(max_length=60, label=_("Destination")),
    "from": MomentFilter(field_name="created_at", label=_("From")),
    "to": MomentFilter(field_name="created_at", end=True, label=_("To")),
    # `from` cannot be a class attribute.
    "Meta": type("Meta", (), {"model": Upload, "fields": []}),
}
UploadFilter = type("UploadFilter", (ActorFilterSet,), _UPLOAD_FILTERS)
