"""The Companies page, and the page of one: its people, their leads, what they bought."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.errors import LeadError
from leads.forms import VerbForm
from leads.models import Company
from leads.people import companies as firms
from leads.people.contact_filters import CompanyFilter
from leads.views.filter_row import errors_of, given_filters, without
from leads.views.people_lists import page_of

# Of people and of leads each, on the page of one company.
SHOWN = 50


class CompanyForm(VerbForm):
    """What a company is called, and where it is on the web."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=firms.LONGEST_NAME)
    website = forms.CharField(
        label=gettext_lazy("Website"),
        max_length=firms.LONGEST_WEBSITE,
        required=False,
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "off"}),
    )


def _get_company(request: MemberRequest, company_id: UUID) -> Company:
    rows = firms.with_counts(firms.visible_companies(request.actor), request.actor)
    found = rows.filter(pk=company_id).first()
    if found is None:
        raise Http404
    return found


@requires(Permission.VIEW)
def companies(request: MemberRequest, slug: str) -> HttpResponse:
    """By name, with the number of people and of open leads."""
    given = given_filters(request.GET)
    narrowing = without(given, "cursor")
    rows = firms.with_counts(firms.visible_companies(request.actor), request.actor)
    filters = CompanyFilter(narrowing, queryset=rows, actor=request.actor)
    context = {
        "errors": errors_of(filters),
        "page": page_of(filters, ordering="name_normalized", given=given),
        "given": given,
        "is_filtered": bool(narrowing),
        "most": firms.MOST_COUNTED,
    }
    return render(request, "leads/companies.html", context)


@requires(Permission.VIEW)
def company(request: MemberRequest, slug: str, company_id: UUID) -> HttpResponse:
    """One firm."""
    firm = _get_company(request, company_id)
    people = firms.people_of(firm, request.actor).order_by("-created_at", "-id")
    leads = firms.leads_of(firm, request.actor).for_table().order_by("-created_at", "-id")
    context = {
        "company": firm,
        "people": people[:SHOWN],
        "leads": leads[:SHOWN],
        "totals": firms.totals_of(firm, request.actor),
        "shown": SHOWN,
        "most": firms.MOST_COUNTED,
    }
    return render(request, "leads/company.html", context)


@requires(Permission.LEAD_EDIT)
def edit(request: MemberRequest, slug: str, company_id: UUID) -> HttpResponse:
    """Rename a firm, or set its website."""
    firm = _get_company(request, company_id)
    initial = {name: getattr(firm, name) for name in firms.CHANGEABLE}
    form = CompanyForm(request.POST if request.method == "POST" else None, initial=initial)
    status, refused, namesake = 200, "", None
    if request.method == "POST":
        status = 422
        if form.is_valid():
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            try:
                firms.change(firm, actor=request.actor, changes=changes)
            except LeadError as error:
                form.refuse(error)
                status, refused = error.status, "" if form.errors else error.detail
                namesake = error.extra.get("company_id")
            else:
                messages.success(request, _("The changes are saved."))
                return redirect("leads:company", slug=slug, company_id=firm.pk)
    context = {"company": firm, "form": form, "refused": refused, "namesake": namesake}
    return render(request, "leads/company_edit.html", context, status=status)
