"""The one filter grammar of leads: the API, the pages, saved views, lists and campaigns read it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter

from leads.fields.custom_filters import custom_filters
from leads.intake import SOURCE_ALIASES
from leads.listing.figure_filters import ExternalIdFilter, ReachedFilter, ReasonFilter
from leads.listing.filter_fields import (
    BeforeFilter,
    CommaListFilter,
    FlagFilter,
    MomentFilter,
    OwnerFilter,
    TextListField,
)
from leads.listing.narrowing import among
from leads.listing.search import MAX_MATCHES, lead_condition
from leads.measuring.metrics_tally import STAGES
from leads.models import ContactTag, Heat, Lead, QualityRating, Reason, Source, Status
from leads.models.lead import IS_OPEN, follow_up_is_due
from leads.tracking import METHODS

if TYPE_CHECKING:
    from accounts.actors import Actor

ORDERINGS = ("created_at", "last_activity_at", "heat_score", "number")
DEFAULT_ORDERING = "-created_at"
MAX_INTEGER = 2**31 - 1


class TagFilter(django_filters.Filter):
    """Contacts that carry any of the tags, and what has such a contact."""

    field_class = TextListField
    # From a row to the contact's id.
    path = "contact_id"

    def filter(self, qs: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        if not value:
            return qs
        tagged = ContactTag.objects.filter(name__in=value)
        if self.parent.actor.workspace:
            tagged = tagged.in_workspace(self.parent.actor.workspace.pk)
        return among(qs, self.path, tagged, "contact_id", takes_all=self.parent.takes_all)


def _score(lookup: str, field: str = "heat_score") -> django_filters.NumberFilter:
    return django_filters.NumberFilter(
        field_name=field,
        lookup_expr=lookup,
        min_value=-MAX_INTEGER,
        max_value=MAX_INTEGER,
        decimal_places=0,
    )


class ActorFilterSet(django_filters.FilterSet):
    """Takes the `actor`, whose workspace and person the filters are about."""

    base_filters: dict[str, django_filters.Filter]
    # Whether every row is wanted at once, as by who keeps a list, instead of a page of them.
    takes_all = False

    def __init__(self, data: QueryDict, queryset: QuerySet[Any], *, actor: "Actor") -> None:
        self.actor = actor
        # Only what was asked for: building the fields of every filter takes 2 ms, and no page
        # shows this form.
        self.base_filters = {name: row for name, row in self.base_filters.items() if name in data}
        super().__init__(data, queryset)


class CustomFieldFilterSet(ActorFilterSet):
    """Also takes `attr.<key>`, for the custom fields the request names.

    `custom_field_paths` leads from a row to the contact, and to the lead, whose fields are meant.
    """

    custom_field_paths: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, actor: "Actor", **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        for name, one in custom_filters(
            self.data, actor=actor, paths=self.custom_field_paths
        ).items():
            one.parent, one.model = self, self._meta.model
            self.filters[name] = one


class LeadFilterBase(CustomFieldFilterSet):
    """The filters of leads that take a method."""

    custom_field_paths = {"contact": "contact_id", "lead": "pk"}

    def filter_mine(self, qs: QuerySet[Any], _name: str, value: bool | None) -> QuerySet[Any]:
        if value is None:
            return qs
        mine = Q(assigned_to=self.actor.user)
        return qs.filter(mine) if value else qs.exclude(mine)

    def filter_open(self, qs: QuerySet[Any], _name: str, value: bool | None) -> QuerySet[Any]:
        if value is None:
            return qs
        return qs.filter(IS_OPEN) if value else qs.exclude(IS_OPEN)

    def filter_unassigned(self, qs: QuerySet[Any], _name: str, value: bool | None) -> QuerySet[Any]:
        return qs if value is None else qs.filter(assigned_to__isnull=value)

    def filter_never_contacted(self, qs: QuerySet[Any], _name: str, value: bool | None) -> Any:
        return qs if value is None else qs.filter(last_contacted_at__isnull=value)

    def filter_never_responded(self, qs: QuerySet[Any], _name: str, value: bool | None) -> Any:
        return qs if value is None else qs.filter(last_response_at__isnull=value)

    def filter_follow_up(self, qs: QuerySet[Any], _name: str, value: bool | None) -> QuerySet[Any]:
        if value is None:
            return qs
        due = follow_up_is_due(timezone.now())
        return qs.filter(due) if value else qs.exclude(due)

    def filter_has_gclid(self, qs: QuerySet[Any], _name: str, value: bool | None) -> QuerySet[Any]:
        if value is None:
            return qs
        return qs.exclude(gclid="") if value else qs.filter(gclid="")

    def filter_search(self, qs: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        if not value or self.actor.workspace is None:
            return qs
        most = MAX_INTEGER if self.takes_all else MAX_MATCHES
        return qs.filter(lead_condition(self.actor.workspace, value, most=most))

    def clean_data(self) -> dict[str, Any]:
        """The valid filters; raises nothing, `errors` tells the rest."""
        return self.form.cleaned_data if self.is_valid() else {}


def _flag(method: str, label: Any) -> FlagFilter:
    return FlagFilter(method=method, label=label)


_FILTERS: dict[str, Any] = {
    "status": CommaListFilter(field_name="status", choices=Status.choices, label=_("Status")),
    "open": _flag("filter_open", _("Open")),
    "q": django_filters.CharFilter(method="filter_search", max_length=200, label=_("Search")),
    "from": MomentFilter(field_name="created_at", label=_("Created from")),
    "to": MomentFilter(field_name="created_at", end=True, label=_("Created to")),
    "source": CommaListFilter(
        field_name="source", choices=Source.choices, aliases=SOURCE_ALIASES, label=_("Source")
    ),
    "assigned_to": OwnerFilter(field_name="assigned_to", label=_("Owner")),
    "assigned_to_me": _flag("filter_mine", _("Mine")),
    "unassigned": _flag("filter_unassigned", _("Unassigned")),
    "heat": CommaListFilter(field_name="heat", choices=Heat.choices, label=_("Heat")),
    "min_score": _score("gte"),
    "max_score": _score("lte"),
    "quality_rating": CommaListFilter(
        field_name="quality_rating", choices=QualityRating.choices, label=_("Quality")
    ),
    "tag": TagFilter(label=_("Tag")),
    "last_contact_method": CommaListFilter(
        field_name="last_contact_method",
        choices=[(method, method) for method in METHODS],
        label=_("Last contact by"),
    ),
    "last_contacted_before": BeforeFilter(
        field_name="last_contacted_at", end=True, label=_("Last contacted before")
    ),
    "last_contacted_after": MomentFilter(
        field_name="last_contacted_at", label=_("Last contacted after")
    ),
    "never_contacted": _flag("filter_never_contacted", _("Never contacted")),
    "never_responded": _flag("filter_never_responded", _("Never responded")),
    "min_contact_count": _score("gte", "contact_count"),
    "max_contact_count": _score("lte", "contact_count"),
    "follow_up_due": _flag("filter_follow_up", _("Follow-up due")),
    "reached": ReachedFilter(
        choices=[(stage.value, stage.label) for stage in STAGES], label=_("Came as far as")
    ),
    "loss_reason": ReasonFilter(
        field_name="loss_reason", kind=Reason.Kind.LOSS, label=_("Lost because")
    ),
    "unqualified_reason": ReasonFilter(
        field_name="unqualified_reason",
        kind=Reason.Kind.UNQUALIFIED,
        label=_("Not qualified because"),
    ),
    "external_id": ExternalIdFilter(field_name="external_id", label=_("External id")),
    "has_gclid": _flag("filter_has_gclid", _("Has a Google click id")),
}


class _Meta:
    model = Lead
    fields: list[str] = []


LeadFilter: Any = type("LeadFilter", (LeadFilterBase,), {**_FILTERS, "Meta": _Meta})

_registered: dict[str, OpenApiParameter] = {}


def register_filter(one: django_filters.Filter, parameter: OpenApiParameter) -> None:
    """Take in a filter of an app above, under its parameter's name, at every door."""
    LeadFilter.base_filters[parameter.name] = one
    _registered[parameter.name] = parameter


def registered_parameters() -> tuple[OpenApiParameter, ...]:
    """What the API says of the filters that apps above have registered."""
    return tuple(_registered.values())
