"""The one filter grammar of leads: the API, the pages, saved views and, later, lists read it."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _

from accounts.local_days import start_of
from leads.fields.custom_filters import custom_filters
from leads.intake import SOURCE_ALIASES
from leads.listing.narrowing import among
from leads.listing.search import lead_condition
from leads.models import ContactTag, Heat, Lead, QualityRating, Source, Status
from leads.models.lead import IS_OPEN, follow_up_is_due
from leads.tracking import METHODS

if TYPE_CHECKING:
    from accounts.actors import Actor

ORDERINGS = ("created_at", "last_activity_at", "heat_score", "number")
DEFAULT_ORDERING = "-created_at"
MAX_INTEGER = 2**31 - 1


class CommaList(forms.CharField):
    """Values repeated or comma-separated, each one of `choices`."""

    def __init__(
        self, *, choices: Any, aliases: dict[str, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.allowed = [str(value) for value, _label in choices]
        self.aliases = aliases or {}
        self.widget = forms.SelectMultiple(choices=choices)

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        given = value if isinstance(value, (list, tuple)) else [value]
        parts = [part.strip() for text in given if text for part in str(text).split(",")]
        parts = [self.aliases.get(part, part) for part in parts if part]
        for part in parts:
            if part not in self.allowed:
                raise ValidationError(
                    _("“%(part)s” is not known; use %(allowed)s."),
                    code="invalid_choice",
                    params={"part": part, "allowed": ", ".join(self.allowed)},
                )
        return parts


class AnyOfFilter(django_filters.Filter):
    """Rows whose column is one of the values given."""

    def filter(self, qs: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs


# `30d`: so many days ago, from whenever it is asked; what a saved view needs to stay true.
DAYS_AGO = re.compile(r"(\d{1,4})d")


class DayOrMoment(forms.CharField):
    """A date (the workspace's whole day), a datetime (that instant), or so many days ago."""

    def to_python(self, value: Any) -> date | datetime | None:  # type: ignore[override]
        text = str(value or "").strip()
        if not text:
            return None
        if ago := DAYS_AGO.fullmatch(text):
            return timezone.now() - timedelta(days=int(ago[1]))
        try:
            # A plus sign in a query string arrives as a space.
            moment = parse_datetime(
                text.replace(" ", "+") if text.count(" ") == 1 and "T" in text else text
            )
            found = parse_date(text) or moment
        except ValueError:
            found = None
        # A day or a zone's offset beyond the edge of the calendar cannot be reckoned with.
        if found is None or not date.min.year < found.year < date.max.year:
            raise ValidationError(
                _(
                    "Use a date such as 2026-11-21, a time such as 2026-11-21T09:00:00Z, or 30d"
                    " for 30 days ago."
                ),
                code="invalid",
            )
        return found


class MomentFilter(django_filters.Filter):
    """Before or from a day or moment: days are inclusive, moments half-open."""

    field_class = DayOrMoment

    def __init__(self, *args: Any, end: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.end = end

    def filter(self, qs: QuerySet[Any], value: date | datetime | None) -> QuerySet[Any]:
        if value is None:
            return qs
        zone = self.parent.actor.workspace.time_zone if self.parent.actor.workspace else "UTC"
        bound = self.bound(value, ZoneInfo(zone))
        return qs.filter(**{f"{self.field_name}__{'lt' if self.end else 'gte'}": bound})

    def bound(self, value: date | datetime, zone: ZoneInfo) -> datetime:
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=zone)
        day = value + timedelta(days=1) if self.end and self.inclusive else value
        return start_of(day, zone)

    inclusive = True


class BeforeFilter(MomentFilter):
    """Strictly before the start of a day, or before a moment."""

    inclusive = False


class OwnerField(forms.CharField):
    """UUIDs of members, repeated or comma-separated."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[Any]:  # type: ignore[override]
        given = value if isinstance(value, (list, tuple)) else [value]
        uuids = forms.UUIDField()
        return [uuids.clean(p.strip()) for text in given if text for p in str(text).split(",")]


class CommaListFilter(AnyOfFilter):
    field_class = CommaList


class OwnerFilter(AnyOfFilter):
    field_class = OwnerField


class TextListField(forms.CharField):
    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        given = value if isinstance(value, (list, tuple)) else [value]
        return [
            part.strip() for text in given if text for part in str(text).split(",") if part.strip()
        ]


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
        return among(qs, self.path, tagged, "contact_id")


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
        return qs.filter(lead_condition(self.actor.workspace, value))

    def clean_data(self) -> dict[str, Any]:
        """The valid filters; raises nothing, `errors` tells the rest."""
        return self.form.cleaned_data if self.is_valid() else {}


class TrueOrFalse(forms.CharField):
    """`true` or `false`; anything else is an error instead of being passed over."""

    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]
        text = str(value if value is not None else "").strip().lower()
        if text in ("", "true", "false", "1", "0"):
            return None if text == "" else text in ("true", "1")
        raise ValidationError(_("Use true or false."), code="invalid")


class FlagFilter(django_filters.Filter):
    field_class = TrueOrFalse


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
    "has_gclid": _flag("filter_has_gclid", _("Has a Google click id")),
}


class _Meta:
    model = Lead
    fields: list[str] = []


LeadFilter: Any = type("LeadFilter", (LeadFilterBase,), {**_FILTERS, "Meta": _Meta})
