"""The Contacts page: every person of the workspace, narrowed by the address."""

from uuid import UUID

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import render

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.models import Contact, Lead
from leads.people.companies import visible_companies
from leads.people.contact_filters import ContactFilter
from leads.views.filter_row import errors_of, given_filters, handed_on, without
from leads.views.people_lists import chips_of, page_of

_COLUMNS = (
    *Contact.NAME_COLUMNS,
    "job_title",
    "conversion_count",
    "lifetime_value",
    "created_at",
    "company__name",
)


@requires(Permission.VIEW)
def contacts(request: MemberRequest, slug: str) -> HttpResponse:
    """The newest first; each with the open lead, if there is one."""
    given = given_filters(request.GET)
    open_leads = Lead.objects.visible_to(request.actor).open()
    rows = (
        Contact.objects.visible_to(request.actor)
        .select_related("company")
        .only(*_COLUMNS)
        .prefetch_related(
            "tags",
            Prefetch(
                "leads",
                open_leads.only("number", "status", "heat", "heat_score", "contact_id"),
                to_attr="open_leads",
            ),
        )
    )
    narrowing = without(given, "cursor")
    filters = ContactFilter(narrowing, queryset=rows, actor=request.actor)
    errors = errors_of(filters)
    names = _company_name(request, given.get("company", ""))
    context = {
        "page": page_of(filters, ordering="-created_at", given=given),
        "given": given,
        "is_filtered": bool(narrowing),
        "errors": errors,
        "chips": chips_of(filters, given, names=names),
        "hidden": [
            *handed_on(given),
            *([("company", str(given["company"]))] if "company" in given else []),
        ],
    }
    return render(request, "leads/contacts.html", context)


def _company_name(request: MemberRequest, text: str) -> dict[str, str]:
    """What the company of that id is called; nothing for an id that is none of theirs."""
    try:
        company_id = UUID(text)
    except ValueError:
        return {}
    found = visible_companies(request.actor).filter(pk=company_id).first()
    return {text: found.name} if found else {}
