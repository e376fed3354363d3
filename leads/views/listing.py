"""The Leads page: a GET form of filters, whose whole state is the address."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import requires
from accounts.keyset import BadCursor, paginate
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.assignment import assignable_members
from leads.custom_filters import PREFIX as CUSTOM_FIELD_PREFIX
from leads.filters import DEFAULT_ORDERING, LeadFilter
from leads.forms import CONTACT_METHODS
from leads.models import Heat, Lead, QualityRating, Source, Status

ROWS = 50
_PAGING = ("cursor", "ordering")

ORDERINGS = {
    "-created_at": gettext_lazy("Newest first"),
    "created_at": gettext_lazy("Oldest first"),
    "-last_activity_at": gettext_lazy("Latest activity"),
    "last_activity_at": gettext_lazy("Longest quiet"),
    "-heat_score": gettext_lazy("Hottest first"),
}

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


@requires(Permission.VIEW)
def leads(request: MemberRequest, slug: str) -> HttpResponse:
    """The table, narrowed by the address."""
    given = _given(request.GET)
    actor = request.actor
    ordering = given.get("ordering", DEFAULT_ORDERING)
    narrowing = _without(given, *_PAGING)
    rows = Lead.objects.visible_to(actor).for_table()
    filters = LeadFilter(narrowing, queryset=rows, actor=actor)
    try:
        page = paginate(
            filters.qs,
            ordering=ordering if ordering in ORDERINGS else DEFAULT_ORDERING,
            cursor=given.get("cursor"),
            limit=ROWS,
        )
    except BadCursor:
        return redirect(f"{request.path}?{narrowing.urlencode()}")
    owners = [
        (str(m.user_id), m.user.get_full_name()) for m in assignable_members(request.workspace.pk)
    ]
    context = {
        "page": page,
        "given": given,
        "is_filtered": bool(narrowing),
        "errors": [error for errors in filters.errors.values() for error in errors],
        "chips": _chips(given, filters, dict(owners)),
        "views": _view_links(given),
        "hidden": _handed_on(given),
        "choices": _choices(owners),
    }
    return render(request, "leads/list.html", context)


def _given(data: QueryDict) -> QueryDict:
    """What was asked, without the empty fields a form sends along."""
    given = QueryDict(mutable=True)
    for name, values in data.lists():
        filled = [value.strip() for value in values if value.strip()]
        if filled:
            given.setlist(name, filled)
    return given


def _without(given: QueryDict, *names: str) -> QueryDict:
    rest = given.copy()
    for name in names:
        rest.pop(name, None)
    return rest


def _handed_on(given: QueryDict) -> list[tuple[str, str]]:
    """The filters in force that have no control of their own."""
    return [
        (name, str(value))
        for name, values in given.lists()
        if name in _HANDED_ON or name.startswith(CUSTOM_FIELD_PREFIX)
        for value in values
    ]


def _choices(owners: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "status": Status.choices,
        "heat": Heat.choices,
        "source": Source.choices,
        "quality_rating": QualityRating.choices,
        "last_contact_method": CONTACT_METHODS,
        "assigned_to": owners,
        "ordering": ORDERINGS.items(),
    }


def _chosen_view(given: QueryDict) -> str:
    """The filter of the ready-made view in force; of several, the first."""
    return next((name for name in _VIEW_PARAMETERS if given.get(name) == "true"), "")


def _view_links(given: QueryDict) -> list[ViewLink]:
    """The ready-made views; each starts anew, keeping only the order."""
    chosen = _chosen_view(given)
    kept = {"ordering": str(given["ordering"])} if "ordering" in given else {}
    links = []
    for label, parameter in VIEWS.values():
        query = QueryDict(mutable=True)
        query.update(kept | ({parameter: "true"} if parameter else {}))
        links.append(ViewLink(str(label), query.urlencode(), parameter == chosen))
    return links


def _chips(given: QueryDict, filters: Any, owners: dict[str, str]) -> list[Chip]:
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
    chips = []
    for name, definition in filters.filters.items():
        if name not in given or name == chosen:
            continue
        known = labels.get(name) or getattr(definition, "value_labels", {})
        values = [str(known.get(value, _worded(value))) for value in given.getlist(name)]
        without = _without(given, name, "cursor").urlencode()
        chips.append(Chip(_chip_label(name, definition), ", ".join(values), without))
    return chips


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
