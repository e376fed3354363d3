"""Making a list, from the filters of the Leads page or from none, and changing its rule."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.api_lists import counted
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from accounts.sent_once import once
from campaigns import criteria, lists
from campaigns.criteria import RuleBroken
from campaigns.errors import CampaignError
from campaigns.list_forms import ListForm, days_in, rule_in
from campaigns.models import LeadList
from campaigns.rule_words import RuleWords
from campaigns.views.lists import found_list
from leads.assigning.assignment import assignable_members
from leads.fields.custom_forms import offered_fields
from leads.models import Reason
from leads.views.bulk import leads_in_words
from leads.views.custom_controls import custom_controls
from leads.views.filter_row import choices, given_filters, handed_on

KINDS = (LeadList.Type.STATIC, LeadList.Type.SMART, LeadList.Type.DYNAMIC)


@requires(Permission.LIST_EDIT)
@once
def new(request: MemberRequest, slug: str) -> HttpResponse:
    """Ask what the list is called and, but of a static one, who is in it."""
    asked = request.POST if request.method == "POST" else request.GET
    rule = rule_in(given_filters(asked))
    usual = LeadList.Type.SMART if rule else LeadList.Type.STATIC
    kind = asked.get("kind", "")
    kind = kind if kind in LeadList.Type.values else usual
    form = ListForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        kept = {} if kind == LeadList.Type.STATIC else rule
        values = {**form.values(), "list_type": kind, "criteria": kept}
        try:
            row = lists.create(actor=request.actor, values=values)
        except CampaignError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The list “%(name)s” is made.") % {"name": row.name})
            return redirect("campaigns:list", slug=slug, list_id=row.pk)
    return _asked(request, form, rule, kind=kind)


@requires(Permission.LIST_EDIT)
def edit(request: MemberRequest, slug: str, list_id: UUID) -> HttpResponse:
    """Change name, description, tags and rule; refused, the page keeps what was entered."""
    row = found_list(request, list_id)
    if request.method != "POST":
        form = ListForm(lead_list=row)
        return _asked(request, form, row.criteria, kind=row.list_type, row=row)
    rule = rule_in(given_filters(request.POST))
    form = ListForm(request.POST, lead_list=row)
    if form.is_valid():
        changes = form.values()
        if row.has_rule:
            changes["criteria"] = rule
        try:
            lists.change(row, actor=request.actor, changes=changes)
        except CampaignError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The list is saved."))
            return redirect("campaigns:list", slug=slug, list_id=row.pk)
    return _asked(request, form, rule, kind=row.list_type, row=row)


def _asked(
    request: MemberRequest,
    form: ListForm,
    rule: dict[str, list[str]],
    *,
    kind: str,
    row: LeadList | None = None,
) -> HttpResponse:
    state = QueryDict(mutable=True)
    for name, values in rule.items():
        state.setlist(name, values)
    given = given_filters(state)
    address = given.urlencode(safe=",")
    days = days_in(given)
    fields = offered_fields(request.workspace.pk)
    controls = custom_controls(fields, given)
    owners = [
        (str(m.user_id), m.user.get_full_name()) for m in assignable_members(request.workspace.pk)
    ]
    words = RuleWords(request.workspace)
    context = {
        "form": form,
        "list": row,
        "kind": kind,
        "kinds": [(one.value, one.label) for one in KINDS],
        "has_rule": kind != LeadList.Type.STATIC,
        "given": given,
        "state": address,
        "days": days,
        "choices": choices(owners, given, Reason.objects.offered(request.workspace.pk)),
        "custom_controls": controls,
        # What has no control of its own can be taken away, and is said in words.
        "others": [
            (name, value, words.sentence({name: [value]}))
            for name, value in handed_on(given, [name for one in controls for name in one.names])
        ],
        **_found(request, rule),
    }
    status = 422 if form.errors else 200
    return render(request, "campaigns/lists/edit.html", context, status=status)


@requires(Permission.LIST_EDIT)
def preview(request: MemberRequest, slug: str) -> HttpResponse:
    """The rule as a sentence, and how many leads it finds now."""
    context = _found(request, rule_in(given_filters(request.GET)))
    return render(request, "campaigns/lists/found.html", context)


def _found(request: MemberRequest, rule: dict[str, list[str]]) -> dict[str, Any]:
    if not rule:
        return {}
    try:
        kept = criteria.check(rule, actor=request.actor)
        found = criteria.leads_of(kept, workspace=request.workspace)
        how_many = leads_in_words(*counted(found))
    except (CampaignError, RuleBroken) as error:
        return {"rule_error": error.detail}
    return {"rule": RuleWords(request.workspace).sentence(kept), "how_many": how_many}
