"""What contacts and companies can be narrowed by: the same for the pages and the API."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from leads.listing.filters import ActorFilterSet, CustomFieldFilterSet, TagFilter
from leads.listing.search import matching_contacts, spoken_number
from leads.models import Company, Contact
from leads.people.identity import normalize_name

MAX_SEARCH = 200


class _OwnTagFilter(TagFilter):
    path = "pk"


class ContactFilter(CustomFieldFilterSet):
    """Of people: search, tag, company, and the workspace's own fields."""

    custom_field_paths = {"contact": "pk"}

    q = django_filters.CharFilter(method="filter_search", max_length=MAX_SEARCH, label=_("Search"))
    tag = _OwnTagFilter(label=_("Tag"))
    company = django_filters.UUIDFilter(field_name="company_id", label=_("Company"))

    class Meta:
        model = Contact
        fields: list[str] = []

    def filter_search(self, qs: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        workspace = self.actor.workspace
        text = value.strip()
        if not text or workspace is None:
            return qs
        found = Q(pk__in=matching_contacts(workspace.pk, text, country=workspace.country))
        number = spoken_number(text)
        return qs.filter(found if number is None else found | Q(number=number))


class CompanyFilter(ActorFilterSet):
    """Of companies: a part of the name."""

    q = django_filters.CharFilter(method="filter_search", max_length=MAX_SEARCH, label=_("Search"))

    class Meta:
        model = Company
        fields: list[str] = []

    def filter_search(self, qs: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        text = normalize_name(value)
        return qs.filter(name_normalized__contains=text) if text else qs
