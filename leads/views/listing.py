"""The Leads page: a GET form of filters, whose whole state is the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from accounts.actors import requires
from accounts.keyset import BadCursor, paginate
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.assigning.assignment import assignable_members
from leads.fields.custom_forms import offered_fields
from leads.listing import columns
from leads.listing.columns import Column
from leads.listing.filters import DEFAULT_ORDERING, LeadFilter
from leads.listing.saved_views import BESIDE_FILTERS, may_share
from leads.listing.view_forms import ViewForm
from leads.models import Lead, Reason
from leads.views.bulk import bulk_bar, shown_job
from leads.views.custom_controls import custom_controls
from leads.views.filter_row import chips, choices, errors_of, given_filters, handed_on, without
from leads.views.view_bar import view_bar

ROWS = 50

ORDERINGS = {
    "-created_at": gettext_lazy("Newest first"),
    "created_at": gettext_lazy("Oldest first"),
    "-last_activity_at": gettext_lazy("Latest activity"),
    "last_activity_at": gettext_lazy("Longest quiet"),
    "-heat_score": gettext_lazy("Hottest first"),
    "heat_score": gettext_lazy("Coldest first"),
    "-number": gettext_lazy("Highest number"),
    "number": gettext_lazy("Lowest number"),
}


@dataclass(frozen=True)
class Heading:
    """The head of a column, and where it leads to be ordered by it."""

    column: Column | None
    label: Any
    query: str = ""
    sort: str = ""


@requires(Permission.VIEW)
def leads(request: MemberRequest, slug: str) -> HttpResponse:
    """The table, narrowed by the address."""
    given = given_filters(request.GET)
    if len(request.GET.getlist("columns")) > 1:
        # As the chooser sends them, one by one; the address has them as one text.
        return redirect(f"{request.path}?{_without_usual(given).urlencode(safe=',')}")
    actor = request.actor
    ordering = str(given.get("ordering", ""))
    ordering = ordering if ordering in ORDERINGS else DEFAULT_ORDERING
    fields = offered_fields(request.workspace.pk)
    known = columns.offered(fields)
    shown = columns.chosen(columns.named(given.getlist("columns")), known)
    narrowing = without(given, *BESIDE_FILTERS)
    rows = Lead.objects.visible_to(actor).for_table(columns.reads_of(shown, ordering=ordering))
    if any(one.name == "tags" for one in shown):
        rows = rows.prefetch_related("contact__tags")
    filters = LeadFilter(narrowing, queryset=rows, actor=actor)
    try:
        page = paginate(filters.qs, ordering=ordering, cursor=given.get("cursor"), limit=ROWS)
    except BadCursor:
        return redirect(f"{request.path}?{without(given, 'cursor').urlencode()}")
    owners = [
        (str(m.user_id), m.user.get_full_name()) for m in assignable_members(request.workspace.pk)
    ]
    controls = custom_controls(fields, given)
    bar = view_bar(given, actor)
    context = {
        "page": page,
        "bulk": bulk_bar(request, given),
        "job": shown_job(request),
        "given": given,
        "is_filtered": bool(narrowing),
        "errors": errors_of(filters),
        "chips": chips(given, filters, dict(owners), chosen=bar.said_by_name),
        "bar": bar,
        "view_form": ViewForm(may_share=may_share(actor)),
        "hidden": handed_on(given, [name for one in controls for name in one.names]),
        "custom_controls": controls,
        "choices": {
            **choices(owners, given, Reason.objects.offered(request.workspace.pk)),
            "ordering": ORDERINGS.items(),
        },
        "columns": shown,
        "headings": _headings(shown, given, ordering),
        "offered_columns": _offered(shown, known),
        "are_usual": tuple(one.name for one in shown) == columns.USUAL,
        "beside_columns": [
            (name, value)
            for name, values in without(given, "columns", "cursor", "dialog").lists()
            for value in values
        ],
        "choosing_columns": given.get("dialog") == "columns",
        "here": without(given, "dialog").urlencode(),
        "without_columns": without(given, "columns", "cursor", "dialog").urlencode(),
    }
    return render(request, "leads/list.html", context)


def _without_usual(given: QueryDict) -> QueryDict:
    is_usual = tuple(columns.named(given.getlist("columns"))) == columns.USUAL
    return without(given, "columns", "cursor") if is_usual else without(given, "cursor")


def _headings(shown: Sequence[Column], given: QueryDict, ordering: str) -> list[Heading]:
    lead = Heading(None, gettext_lazy("Lead"), *_sorting("number", given, ordering))
    return [
        lead,
        *(Heading(one, one.label, *_sorting(one.ordering, given, ordering)) for one in shown),
    ]


def _sorting(column: str, given: QueryDict, ordering: str) -> tuple[str, str]:
    """Where a click on the head leads, and how it is ordered by now: downwards first, then up."""
    if not column:
        return "", ""
    query = without(given, "cursor", "ordering")
    wanted = column if ordering == f"-{column}" else f"-{column}"
    if wanted != DEFAULT_ORDERING:
        query["ordering"] = wanted
    sort = {column: "ascending", f"-{column}": "descending"}.get(ordering, "")
    return f"?{query.urlencode(safe=',')}", sort


def _offered(shown: Sequence[Column], known: Mapping[str, Column]) -> list[tuple[Column, bool]]:
    """Those that are shown in their order, then the others."""
    rest = [one for one in known.values() if one not in shown]
    return [*((one, True) for one in shown), *((one, False) for one in rest)]
