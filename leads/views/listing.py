"""The Leads page: a GET form of filters, whose whole state is the address."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from accounts.actors import requires
from accounts.keyset import BadCursor, paginate
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.assignment import assignable_members
from leads.filters import DEFAULT_ORDERING, LeadFilter
from leads.models import Lead
from leads.views.filter_row import chips, choices, given_filters, handed_on, view_links, without

ROWS = 50
_PAGING = ("cursor", "ordering")

ORDERINGS = {
    "-created_at": gettext_lazy("Newest first"),
    "created_at": gettext_lazy("Oldest first"),
    "-last_activity_at": gettext_lazy("Latest activity"),
    "last_activity_at": gettext_lazy("Longest quiet"),
    "-heat_score": gettext_lazy("Hottest first"),
}


@requires(Permission.VIEW)
def leads(request: MemberRequest, slug: str) -> HttpResponse:
    """The table, narrowed by the address."""
    given = given_filters(request.GET)
    actor = request.actor
    ordering = given.get("ordering", DEFAULT_ORDERING)
    narrowing = without(given, *_PAGING)
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
        "chips": chips(given, filters, dict(owners)),
        "views": view_links(given),
        "hidden": handed_on(given),
        "choices": {**choices(owners), "ordering": ORDERINGS.items()},
    }
    return render(request, "leads/list.html", context)
