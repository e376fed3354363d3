"""What the values of a filter may look like: lists, days and moments, people, yes and no."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _

from accounts.local_days import start_of
from accounts.models import TenantModel


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


class NamedRowsFilter(OwnerFilter):
    """Rows beside others that have names, given by their ids; the names are what is shown."""

    # Not `model`, which is what the filter set calls the model that is filtered.
    named_model: type[TenantModel]
    parameter: str

    @property
    def value_labels(self) -> Mapping[str, str]:
        """The names of those that were asked for, by id."""
        workspace = self.parent.actor.workspace
        value = self.parent.form.cleaned_data.get(self.parameter) if self.parent.is_valid() else ()
        if workspace is None or not value:
            return {}
        everybodys: Any = self.named_model._default_manager.all()
        rows = everybodys.in_workspace(workspace.pk).filter(pk__in=value)
        return {str(pk): name for pk, name in rows.values_list("pk", "name")}


class TextListField(forms.CharField):
    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        given = value if isinstance(value, (list, tuple)) else [value]
        return [
            part.strip() for text in given if text for part in str(text).split(",") if part.strip()
        ]


class TrueOrFalse(forms.CharField):
    """`true` or `false`; anything else is an error instead of being passed over."""

    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]
        text = str(value if value is not None else "").strip().lower()
        if text in ("", "true", "false", "1", "0"):
            return None if text == "" else text in ("true", "1")
        raise ValidationError(_("Use true or false."), code="invalid")


class FlagFilter(django_filters.Filter):
    field_class = TrueOrFalse
