"""The Lists page, and the page of one: its rule, who is in it, and what is done with it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actors import Actor, requires
from accounts.keyset import BadCursor, KeysetPage, paginate
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from accounts.sent_once import once
from campaigns import criteria, lists, membership
from campaigns.api.list_shapes import ListFilterSet
from campaigns.criteria import RuleBroken
from campaigns.errors import CampaignError
from campaigns.list_forms import MembersForm
from campaigns.models import CampaignLeadList, LeadList, LeadListMember
from campaigns.rule_words import RuleWords
from leads.models.lead import sees_own_only
from leads.views.filter_row import errors_of, given_filters, without

ROWS = 50
# Of the campaigns that use a list, on its page.
USES_SHOWN = 20


@requires(Permission.VIEW)
def index(request: MemberRequest, slug: str) -> HttpResponse:
    """By name, with the rule as a sentence and where each is used."""
    given = given_filters(request.GET)
    is_archived = given.get("archived") == "true"
    narrowing = without(given, "cursor", "archived")
    rows = LeadList.objects.visible_to(request.actor).filter(is_archived=is_archived).with_use()
    filters = ListFilterSet(narrowing, queryset=rows, actor=request.actor)
    try:
        page = paginate(filters.qs, ordering="name", cursor=given.get("cursor"), limit=ROWS)
    except BadCursor:
        return redirect(f"{request.path}?{without(given, 'cursor').urlencode()}")
    words = RuleWords(request.workspace)
    context = {
        "page": page,
        "rows": [(row, words.sentence(row.criteria)) for row in page.rows],
        "given": given,
        "kinds": LeadList.Type.choices,
        "errors": errors_of(filters),
        "is_filtered": bool(narrowing) or is_archived,
    }
    return render(request, "campaigns/lists/index.html", context)


def found_list(request: MemberRequest, list_id: UUID) -> LeadList:
    """The list, with its use; 404 for what is another workspace's or was deleted."""
    rows = LeadList.objects.visible_to(request.actor).select_related("workspace").with_use()
    found: LeadList | None = rows.filter(pk=list_id).first()
    if found is None:
        raise Http404
    return found


@requires(Permission.VIEW)
def lead_list(request: MemberRequest, slug: str, list_id: UUID) -> HttpResponse:
    """Who is in it, and why."""
    return shown(request, found_list(request, list_id))


def shown(
    request: MemberRequest,
    row: LeadList,
    *,
    form: MembersForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page of a list."""
    actor = request.actor
    lists.count_again(row)
    uses = CampaignLeadList.objects.attached().filter(lead_list=row).select_related("campaign")
    page, members = _members(row, actor, request.GET.get("cursor"))
    context = {
        "list": row,
        "rule": RuleWords(request.workspace).sentence(row.criteria),
        "rule_query": criteria.query_of(row.criteria),
        "uses": uses.order_by("-assigned_at", "-id")[:USES_SHOWN],
        "page": page,
        "members": members,
        "is_dynamic": row.list_type == LeadList.Type.DYNAMIC,
        "sees_some": sees_own_only(actor),
        "form": form or MembersForm(actor=actor),
        "refused": refused,
    }
    return render(request, "campaigns/lists/detail.html", context, status=status)


def _members(
    row: LeadList, actor: Actor, cursor: str | None
) -> tuple[KeysetPage, list[tuple[Any, Any]]]:
    """A page, and of each of its rows the lead and, but in a dynamic list, the membership."""
    ordering = "-added_at"
    rows: Any = LeadListMember.objects.visible_to(actor).filter(lead_list=row)
    rows = rows.select_related("lead__contact", "added_by")
    if row.list_type == LeadList.Type.DYNAMIC:
        ordering = "-created_at"
        try:
            found = criteria.leads_of(row.criteria, workspace=row.workspace)
        except RuleBroken:
            return KeysetPage([], None, None), []
        rows = found.visible_to(actor).select_related("contact")
    try:
        page = paginate(rows, ordering=ordering, cursor=cursor, limit=ROWS)
    except BadCursor:
        page = paginate(rows, ordering=ordering, cursor=None, limit=ROWS)
    if row.list_type == LeadList.Type.DYNAMIC:
        return page, [(lead, None) for lead in page.rows]
    return page, [(member.lead, member) for member in page.rows]


@requires(Permission.LIST_EDIT)
@once
def add(request: MemberRequest, slug: str, list_id: UUID) -> HttpResponse:
    """Put leads in by hand; refused, the page keeps what was typed."""
    row = found_list(request, list_id)
    if request.method != "POST":
        return redirect("campaigns:list", slug=slug, list_id=row.pk)
    form = MembersForm(request.POST, actor=request.actor)
    if not form.is_valid():
        return shown(request, row, form=form, status=422)
    try:
        found = membership.add(
            row,
            form.cleaned_data["who"],
            actor=request.actor,
            notes=form.cleaned_data["notes"],
        )
    except CampaignError as error:
        return shown(request, row, form=form, refused=error.detail, status=error.status)
    messages.success(request, _added(found))
    return redirect("campaigns:list", slug=slug, list_id=row.pk)


def _added(found: membership.Added) -> str:
    count = len(found.added)
    text = ngettext("%(count)d lead was put in.", "%(count)d leads were put in.", count)
    said = text % {"count": count}
    already = len(found.already_in)
    if not already:
        return said
    text = ngettext("%(count)d was in already.", "%(count)d were in already.", already)
    return f"{said} {text % {'count': already}}"


@requires(Permission.LIST_EDIT)
def remove(request: MemberRequest, slug: str, list_id: UUID) -> HttpResponse:
    """Take one lead out."""
    row = found_list(request, list_id)
    if request.method == "POST":
        try:
            lead_id = UUID(request.POST.get("lead", ""))
        except ValueError as error:
            raise Http404 from error
        try:
            found = membership.remove(row, [lead_id], actor=request.actor)
        except CampaignError as error:
            return shown(request, row, refused=error.detail, status=error.status)
        if found.removed:
            messages.success(request, _("The lead is no longer in the list."))
    query = QueryDict(mutable=True)
    if cursor := request.POST.get("cursor", ""):
        query["cursor"] = cursor
    response = redirect("campaigns:list", slug=slug, list_id=row.pk)
    if query:
        response["Location"] += f"?{query.urlencode()}"
    return response


@requires(Permission.LIST_EDIT)
def archive(request: MemberRequest, slug: str, list_id: UUID) -> HttpResponse:
    """Put the list away, or take it back into use."""
    row = found_list(request, list_id)
    if request.method == "POST":
        is_archived = request.POST.get("do") != "restore"
        try:
            lists.change(row, actor=request.actor, changes={"is_archived": is_archived})
        except CampaignError as error:
            messages.error(request, error.detail)
        else:
            text = _("The list is archived.") if is_archived else _("The list is in use again.")
            messages.success(request, text)
    return redirect("campaigns:list", slug=slug, list_id=row.pk)


@requires(Permission.LIST_EDIT)
def delete(request: MemberRequest, slug: str, list_id: UUID) -> HttpResponse:
    """Take the list away; its leads stay."""
    row = found_list(request, list_id)
    if request.method != "POST":
        return redirect("campaigns:list", slug=slug, list_id=row.pk)
    try:
        lists.delete(row, actor=request.actor)
    except CampaignError as error:
        return shown(request, row, refused=error.detail, status=error.status)
    messages.success(request, _("“%(name)s” is deleted. Its leads stay.") % {"name": row.name})
    return redirect("campaigns:lists", slug=slug)
