"""Doing something to the leads that are ticked on the Leads page, or to all that match."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actors import Actor, requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest, is_part
from accounts.sent_once import once
from leads.bulk import jobs
from leads.bulk.bulk_actions import BulkAction, action_named, known_actions, words_for
from leads.bulk.selection import Selection, filtered, named
from leads.errors import LeadError
from leads.listing.saved_views import BESIDE_FILTERS
from leads.models import Job
from leads.views.filter_row import given_filters, without

# Where the list finds the job that it has just asked for.
ASKED = "job"


@dataclass(frozen=True)
class Bar:
    """What the bar above the selected leads offers; `state` is the list's address."""

    state: str
    actions: list[BulkAction] = field(default_factory=list)


def bulk_bar(request: MemberRequest, given: QueryDict) -> Bar | None:
    """Nothing for those who may change no lead."""
    actor = request.actor
    if not actor.can(Permission.LEAD_EDIT):
        return None
    offered = [one for one in known_actions() if one.on_page and actor.can(one.permission)]
    # What cannot easily be taken back stands last, whoever registered it.
    return Bar(given.urlencode(), sorted(offered, key=lambda one: one.is_danger))


def shown_job(request: MemberRequest) -> Job | None:
    """The job that was just asked for, else one of one's own that is still under way."""
    mine = Job.objects.visible_to(request.actor).filter(user=request.user).defer("lead_ids")
    asked = request.session.pop(ASKED, None)
    if asked:
        return mine.filter(pk=asked).first()
    found: Job | None = mine.unfinished().order_by("-created_at", "-id").first()
    return found


def _selection(request: MemberRequest, state: QueryDict) -> Selection:
    actor = request.actor
    if request.POST.get("matching") == "yes":
        narrowing = without(state, *BESIDE_FILTERS)
        # Whoever ticks "all that match" without a filter means all, and is told how many.
        return filtered(dict(narrowing.lists()), actor=actor, everything=True)
    return named(request.POST.getlist("ids"), actor=actor)


def leads_in_words(count: int, is_estimate: bool = False) -> str:
    """So many leads."""
    text = ngettext("%(count)s lead", "%(count)s leads", count)
    words = text % {"count": number_format(count, use_l10n=True, force_grouping=True)}
    return _("about %(leads)s") % {"leads": words} if is_estimate else words


@requires(Permission.LEAD_EDIT)
def bulk(request: MemberRequest, slug: str) -> HttpResponse:
    """Ask what the action needs; once that is answered, have it done."""
    response: HttpResponse = _answer(request, slug)
    if is_part(request) and isinstance(response, HttpResponseRedirect):
        # The script's own request would follow it, and show the page within the page.
        return HttpResponse(status=204, headers={"HX-Redirect": response.url})
    return response


@once
def _answer(request: MemberRequest, slug: str) -> HttpResponse:
    state = given_filters(QueryDict(request.POST.get("state", "")))
    if request.method != "POST":
        return _to_list(slug, state)
    try:
        action = action_named(request.POST.get("action", ""))
        request.actor.require(action.permission)
        selection = _selection(request, state)
        is_answered = "answered" in request.POST
        form = action.form(request.POST if is_answered else None, actor=request.actor)
        if is_answered and form.is_valid():
            return _have_it_done(request, action, selection, form, state)
    except LeadError as error:
        nothing_chosen = any(name == "ids" for name, _code, _message in error.errors)
        text = _("Select the leads first.") if nothing_chosen else error.detail
        messages.error(request, text)
        return _to_list(slug, state)
    return _ask(request, action, selection, form, state, status=422 if is_answered else 200)


def _have_it_done(
    request: MemberRequest,
    action: BulkAction,
    selection: Selection,
    form: Any,
    state: QueryDict,
) -> HttpResponse:
    try:
        job = jobs.request(
            action.name, actor=request.actor, selection=selection, given=form.given()
        )
    except LeadError as error:
        form.refuse(error)
        if not form.errors:
            raise
        return _ask(request, action, selection, form, state, status=error.status)
    request.session[ASKED] = str(job.pk)
    slug = request.workspace.slug
    text = _("%(action)s, %(leads)s: under way.") % {
        "action": words_for(job),
        "leads": leads_in_words(job.total, job.total_is_estimate),
    }
    link = reverse("leads:job", args=[slug, job.pk])
    messages.success(request, format_html('{} <a href="{}">{}</a>', text, link, _("Details")))
    return _to_list(slug, state)


def _ask(
    request: MemberRequest,
    action: BulkAction,
    selection: Selection,
    form: Any,
    state: QueryDict,
    *,
    status: int,
) -> HttpResponse:
    context = {
        "action": action,
        "form": form,
        "how_many": leads_in_words(*selection.count(request.actor)),
        "ids": request.POST.getlist("ids"),
        "matching": selection.filter is not None,
        "state": state.urlencode(),
    }
    name = "dialog" if is_part(request) else "page"
    return render(request, f"leads/bulk/{name}.html", context, status=status)


def _to_list(slug: str, state: QueryDict) -> HttpResponse:
    address = reverse("leads:list", args=[slug])
    query = state.urlencode(safe=",")
    return redirect(f"{address}?{query}" if query else address)


@requires(Permission.LEAD_EDIT)
def count(request: MemberRequest, slug: str) -> HttpResponse:
    """How many leads match the address, in words: asked for once somebody selects."""
    words = _matching_in_words(request.actor, given_filters(request.GET))
    return render(request, "leads/bulk/matching.html", {"words": words})


def _matching_in_words(actor: Actor, given: QueryDict) -> str:
    narrowing = dict(without(given, *BESIDE_FILTERS).lists())
    try:
        selection = filtered(narrowing, actor=actor, everything=True)
    except LeadError:
        # The list shows what it could not read; the question says it again.
        return _("all that match")
    return _("all %(leads)s that match") % {"leads": leads_in_words(*selection.count(actor))}
