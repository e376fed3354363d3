"""The filter row above the leads of a page: what the address asks, shown, chipped and handed on."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.custom_filters import PREFIX as CUSTOM_FIELD_PREFIX
from leads.forms import CONTACT_METHODS
from leads.models import Heat, QualityRating, Source, Status

# name of a ready-made view → (label, the one filter it stands for)
VIEWS: dict[str, tuple[Any, str]] = {
    "all": (gettext_lazy("All leads"), ""),
    "mine": (gettext_lazy("My leads"), "assigned_to_me"),
    "unassigned": (gettext_lazy("Unassigned"), "unassigned"),
    "follow-ups": (gettext_lazy("Follow-ups due"), "follow_up_due"),
    "untouched": (gettext_lazy("Never contacted"), "never_contacted"),
}
_VIEW_PARAMETERS = tuple(name for _label, name in VIEWS.values() if name)
# Filters without a control of their own: the form hands them on.
_HANDED_ON = (*_VIEW_PARAMETERS, "open")


@dataclass(frozen=True)
class Chip:
    """One filter in force, and the address without it."""

    label: str
    value: str
    without: str


@dataclass(frozen=True)
class ViewLink:
    label: str
    query: str
    is_current: bool


def given_filters(data: QueryDict) -> QueryDict:
    """What was asked, without the empty fields a form sends along."""
    given = QueryDict(mutable=True)
    for name, values in data.lists():
        filled = [value.strip() for value in values if value.strip()]
        if filled:
            given.setlist(name, filled)
    return given


def without(given: QueryDict, *names: str) -> QueryDict:
    """The same without these parameters."""
    rest = given.copy()
    for name in names:
        rest.pop(name, None)
    return rest


def handed_on(given: QueryDict) -> list[tuple[str, str]]:
    """The filters in force that have no control of their own."""
    return [
        (name, str(value))
        for name, values in given.lists()
        if name in _HANDED_ON or name.startswith(CUSTOM_FIELD_PREFIX)
        for value in values
    ]


def choices(owners: list[tuple[str, str]]) -> dict[str, Any]:
    """What the controls of the row offer."""
    return {
        "status": Status.choices,
        "heat": Heat.choices,
        "source": Source.choices,
        "quality_rating": QualityRating.choices,
        "last_contact_method": CONTACT_METHODS,
        "assigned_to": owners,
    }


def _chosen_view(given: QueryDict) -> str:
    """The filter of the ready-made view in force; of several, the first."""
    return next((name for name in _VIEW_PARAMETERS if given.get(name) == "true"), "")


def view_links(given: QueryDict) -> list[ViewLink]:
    """The ready-made views; each starts anew, keeping only the order."""
    chosen = _chosen_view(given)
    kept = {"ordering": str(given["ordering"])} if "ordering" in given else {}
    links = []
    for label, parameter in VIEWS.values():
        query = QueryDict(mutable=True)
        query.update(kept | ({parameter: "true"} if parameter else {}))
        links.append(ViewLink(str(label), query.urlencode(), parameter == chosen))
    return links


def chips(given: QueryDict, filters: Any, owners: dict[str, str]) -> list[Chip]:
    """The filters in force; the chosen view shows itself."""
    labels: dict[str, dict[str, Any]] = {
        "status": dict(Status.choices),
        "heat": dict(Heat.choices),
        "source": dict(Source.choices),
        "quality_rating": dict(QualityRating.choices),
        "last_contact_method": dict(CONTACT_METHODS),
        "assigned_to": owners,
    }
    chosen = _chosen_view(given)
    in_force = []
    for name, definition in filters.filters.items():
        if name not in given or name == chosen:
            continue
        known = labels.get(name) or getattr(definition, "value_labels", {})
        values = [str(known.get(value, _worded(value))) for value in given.getlist(name)]
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
    return {"true": _("yes"), "false": _("no")}.get(value.lower(), value)
