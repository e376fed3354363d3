"""Exports: asked for on the pages of leads, lists and campaigns, looked after and fetched here."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import requires
from accounts.keyset import BadCursor, paginate
from accounts.permissions import Permission
from accounts.problems import ProblemError
from accounts.requests import MemberRequest
from campaigns.criteria import query_of
from campaigns.errors import CampaignError, NotFound
from campaigns.exports import exports
from campaigns.exports.columns import known_columns
from campaigns.exports.downloads import download
from campaigns.models import Campaign, Export, LeadList
from leads.listing.columns import named
from leads.listing.saved_views import BESIDE_FILTERS
from leads.views.filter_row import given_filters, without

ROWS = 50


@requires(Permission.EXPORT)
def index(request: MemberRequest, slug: str) -> HttpResponse:
    """Those that were made in the background, the newest first."""
    rows = Export.objects.visible_to(request.actor).select_related("lead_list", "campaign")
    try:
        page = paginate(rows, ordering="-created_at", cursor=request.GET.get("cursor"), limit=ROWS)
    except BadCursor:
        return redirect(request.path)
    return render(request, "campaigns/exports/index.html", {"page": page})


@requires(Permission.EXPORT)
def new(request: MemberRequest, slug: str) -> HttpResponseBase:
    """A small file at once; of a large one the page that shows how far it is."""
    if request.method != "POST":
        return redirect("campaigns:exports", slug=slug)
    actor = request.actor
    target = _target(request)
    file_format, _dash, which = request.POST.get("file", "csv").partition("-")
    state = given_filters(QueryDict(request.POST.get("state", "")))
    chosen: Iterable[str] = named(state.getlist("columns"))
    if which == "all":
        chosen = known_columns(request.workspace.pk)
    # A field may have been archived since the page was shown: the file goes without it.
    known = known_columns(request.workspace.pk)
    try:
        if file_format not in Export.Format.values:
            raise CampaignError(_("Choose CSV or Excel."))
        asked = exports.question(
            actor=actor,
            target=target,
            filter=dict(without(state, *BESIDE_FILTERS).lists()),
            columns=[name for name in chosen if name in known],
        )
        reader = exports.reader_at_once(asked, actor=actor)
        if reader is not None:
            pieces = exports.streamed(reader, actor=actor, file_format=file_format)
            name = exports.name_of(asked, actor=actor, file_format=file_format)
            return download(pieces, name=name)
        row = exports.ask(asked, actor=actor, file_format=file_format)
    except ProblemError as error:
        messages.error(request, error.detail)
        return redirect(_page_of(slug, target, state))
    return redirect("campaigns:export", slug=slug, export_id=row.pk)


def _target(request: MemberRequest) -> LeadList | Campaign | None:
    """The list or campaign whose page asks; 404 for what is another workspace's."""
    rows: Any
    for name, rows in (
        ("list", LeadList.objects.visible_to(request.actor).select_related("workspace")),
        ("campaign", Campaign.objects.visible_to(request.actor).select_related("workspace")),
    ):
        given = request.POST.get(name)
        if given:
            try:
                found = rows.filter(pk=UUID(given)).first()
            except ValueError as error:
                raise Http404 from error
            if found is None:
                raise Http404
            return found
    return None


def _page_of(slug: str, target: LeadList | Campaign | None, state: QueryDict) -> str:
    if isinstance(target, LeadList):
        return reverse("campaigns:list", kwargs={"slug": slug, "list_id": target.pk})
    if target is not None:
        return reverse("campaigns:campaign", kwargs={"slug": slug, "campaign_id": target.pk})
    query = state.urlencode(safe=",")
    address = reverse("leads:list", kwargs={"slug": slug})
    return f"{address}?{query}" if query else address


def _found(request: MemberRequest, export_id: UUID) -> Export:
    try:
        return exports.find(export_id, actor=request.actor)
    except NotFound as error:
        raise Http404 from error


_VERBS = {
    "discard": (exports.discard, gettext_lazy("The file is deleted.")),
    "again": (exports.begin_again, gettext_lazy("The file is being made anew.")),
}


@requires(Permission.EXPORT)
def export(request: MemberRequest, slug: str, export_id: UUID) -> HttpResponse:
    """How far it is and where the file is; a post deletes it or has it made anew."""
    row = _found(request, export_id)
    if request.method == "POST":
        verb, text = _VERBS.get(request.POST.get("do", ""), (None, ""))
        try:
            if verb is not None:
                verb(row.pk, actor=request.actor)
                messages.success(request, text)
        except CampaignError as error:
            messages.error(request, error.detail)
        return redirect("campaigns:export", slug=slug, export_id=row.pk)
    context = {"export": row, "filter_query": query_of(row.filter)}
    return render(request, "campaigns/exports/detail.html", context)


@requires(Permission.EXPORT)
def file(request: MemberRequest, slug: str, export_id: UUID) -> HttpResponseBase:
    """The file itself; whoever follows an old link is told on the page of the export."""
    row = _found(request, export_id)
    try:
        pieces = exports.fetch(row, actor=request.actor)
    except CampaignError as error:
        messages.error(request, error.detail)
        return redirect("campaigns:export", slug=slug, export_id=row.pk)
    response: StreamingHttpResponse = download(pieces, name=row.file_name)
    return response
