"""The filter row above the leads of a page: what the address asks, shown, chipped and handed on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import django_filters
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.fields.custom_filters import PREFIX as CUSTOM_FIELD_PREFIX
from leads.forms import CONTACT_METHODS
from leads.listing.figure_filters import ReasonFilter
from leads.listing.filter_fields import DAYS_AGO
from leads.listing.filters import LeadFilter
from leads.listing.saved_views import is_list
from leads.measuring.metrics_tally import STAGES
from leads.models import Heat, QualityRating, Reason, Source, Status

# What the address may hold beside filters, and a change of filters keeps.
_KEPT_BESIDE = ("columns", "view")
# The filters that the form of the Leads page has a control for; boxes can only be ticked.
_CONTROLS = frozenset(
    (
        *("q", "status", "heat", "assigned_to", "source", "from", "to", "tag", "quality_rating"),
        *("last_contacted_after", "last_contacted_before", "last_contact_method"),
        *("reached", "loss_reason", "unqualified_reason", "external_id"),
        *("min_score", "max_score", "min_contact_count", "max_contact_count"),
    )
)
# Every lead is new once.
_REACHED = [(stage.value, stage.label) for stage in STAGES[1:]]
_BOXES = ("open", "never_responded", "has_gclid")


@dataclass(frozen=True)
class Chip:
    """One filter in force, and the address without it."""

    label: str
    value: str
    without: str


def errors_of(filters: django_filters.FilterSet) -> list[str]:
    """What is wrong with the values that were asked for."""
    return [error for errors in filters.errors.values() for error in errors]


def given_filters(data: QueryDict) -> QueryDict:
    """What was asked, without the empty fields a form sends along; lists as one text."""
    given = QueryDict(mutable=True)
    for name, values in data.lists():
        filled = [value.strip() for value in values if value.strip()]
        if filled:
            given.setlist(name, [",".join(filled)] if is_list(name) else filled)
    return given


def without(given: QueryDict, *names: str) -> QueryDict:
    """The same without these parameters."""
    rest = given.copy()
    for name in names:
        rest.pop(name, None)
    return rest


def handed_on(given: QueryDict, controls: Iterable[str] = ()) -> list[tuple[str, str]]:
    """The filters in force that have no control of their own.

    `controls` are the custom fields' that have one.
    """
    shown = {*_CONTROLS, *controls, *(box for box in _BOXES if given.get(box) == "true")}
    known = {*LeadFilter.base_filters, *_KEPT_BESIDE}
    return [
        (name, str(value))
        for name, values in given.lists()
        if name not in shown and (name in known or name.startswith(CUSTOM_FIELD_PREFIX))
        for value in values
    ]


def choices(
    owners: list[tuple[str, str]],
    given: QueryDict | None = None,
    reasons: Mapping[str, list[tuple[str, str]]] | None = None,
) -> dict[str, Any]:
    """What the controls of the row offer; several values at once are a choice of their own."""
    reasons = reasons or {}
    offered: dict[str, Any] = {
        "status": Status.choices,
        "heat": Heat.choices,
        "source": Source.choices,
        "quality_rating": QualityRating.choices,
        "last_contact_method": CONTACT_METHODS,
        "assigned_to": owners,
        "reached": _REACHED,
        "loss_reason": reasons.get(Reason.Kind.LOSS, []),
        "unqualified_reason": reasons.get(Reason.Kind.UNQUALIFIED, []),
    }
    for name, options in offered.items():
        value = str(given.get(name, "")) if given is not None else ""
        if value and value not in dict(options):
            offered[name] = [*options, (value, _in_words(value, dict(options)))]
    return offered


def _in_words(value: str, labels: Mapping[str, Any]) -> str:
    parts = [part.strip() for part in value.split(",")]
    return ", ".join(str(labels.get(part, part)) for part in parts if part)


def chips(
    given: QueryDict, filters: Any, owners: dict[str, str], *, chosen: str = ""
) -> list[Chip]:
    """The filters in force but for the one that the `chosen` view shows by its name."""
    labels: dict[str, Mapping[str, Any]] = {
        "status": dict(Status.choices),
        "heat": dict(Heat.choices),
        "source": dict(Source.choices),
        "quality_rating": dict(QualityRating.choices),
        "last_contact_method": dict(CONTACT_METHODS),
        "assigned_to": owners,
        "reached": dict(Status.choices),
    }
    in_force = []
    for name, definition in filters.filters.items():
        if name not in given or name == chosen:
            continue
        known = getattr(definition, "value_labels", {})
        if isinstance(definition, ReasonFilter):
            labels[name] = known
        values = [
            _in_words(value, labels[name])
            if name in labels
            else str(known.get(value, _worded(value)))
            for value in given.getlist(name)
        ]
        rest = without(given, name, "cursor").urlencode()
        in_force.append(Chip(_chip_label(name, definition), ", ".join(values), rest))
    return in_force


def _chip_label(name: str, definition: Any) -> str:
    scores = {
        "min_score": _("Score from"),
        "max_score": _("Score to"),
        "min_contact_count": _("Contacts from"),
        "max_contact_count": _("Contacts to"),
    }
    return scores.get(name) or str(definition.label)


def _worded(value: str) -> str:
    if ago := DAYS_AGO.fullmatch(value):
        days = int(ago[1])
        return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}
    return {"true": _("yes"), "false": _("no")}.get(value.lower(), value)
