"""Jobs: the list, the page of one, and its progress on the page that asked for it."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from accounts.actors import requires
from accounts.keyset import BadCursor, paginate
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.bulk import jobs as verbs
from leads.bulk.bulk_actions import known_actions
from leads.errors import LeadError
from leads.models import Job, Lead
from leads.views.bulk import ASKED

ROWS = 50


@requires(Permission.VIEW)
def jobs(request: MemberRequest, slug: str) -> HttpResponse:
    """The newest first; a rep sees their own."""
    rows = Job.objects.visible_to(request.actor).defer("lead_ids", "errors")
    try:
        page = paginate(rows, ordering="-created_at", cursor=request.GET.get("cursor"), limit=ROWS)
    except BadCursor:
        return redirect(request.path)
    return render(request, "leads/jobs/list.html", {"page": page})


def _found(request: MemberRequest, job_id: UUID) -> Job:
    rows = Job.objects.visible_to(request.actor).select_related("undoes").defer("lead_ids")
    found: Job | None = rows.filter(pk=job_id).first()
    if found is None:
        raise Http404
    return found


_VERBS = {
    "cancel": (verbs.cancel, gettext_lazy("The job is canceled. What was done stays done.")),
    "again": (verbs.run_again, gettext_lazy("The job goes on where it was.")),
    "undo": (verbs.undo, gettext_lazy("The leads are being brought back.")),
}


@requires(Permission.VIEW)
def job(request: MemberRequest, slug: str, job_id: UUID) -> HttpResponse:
    """How far it is and what came of it; a post cancels it, runs it again or takes it back."""
    found = _found(request, job_id)
    if request.method == "POST":
        return _steer(request, found)
    return render(request, "leads/jobs/detail.html", _shown(request, found))


def _shown(request: MemberRequest, found: Job) -> dict[str, Any]:
    needed = {one.name: one.permission for one in known_actions()}.get(found.action)
    return {
        "job": found,
        "refusals": _refusals(request, found),
        "filter_query": _query_of(found),
        "may_steer": needed is not None and request.actor.can(needed),
        "can_undo": verbs.can_undo(found),
    }


def _refusals(request: MemberRequest, found: Job) -> list[tuple[Lead | None, dict[str, str]]]:
    """Each with its lead, as far as the person sees it."""
    ids = [error["lead_id"] for error in found.errors if len(error["lead_id"]) == 36]
    rows = Lead.objects.visible_to(request.actor).select_related("contact").filter(pk__in=ids)
    leads = {str(row.pk): row for row in rows} if ids else {}
    return [(leads.get(error["lead_id"]), error) for error in found.errors]


def _query_of(found: Job) -> str | None:
    if found.filter is None:
        return None
    query = QueryDict(mutable=True)
    for name, values in found.filter.items():
        query.setlist(name, values)
    return query.urlencode(safe=",")


def _steer(request: MemberRequest, found: Job) -> HttpResponse:
    verb, text = _VERBS.get(request.POST.get("do", ""), (None, ""))
    shown = found
    if verb is not None:
        try:
            shown = verb(found.pk, actor=request.actor)
        except LeadError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, text)
    if request.POST.get("from") == "list":
        request.session[ASKED] = str(shown.pk)
        return redirect("leads:list", slug=request.workspace.slug)
    return redirect("leads:job", slug=request.workspace.slug, job_id=shown.pk)


@requires(Permission.VIEW)
def progress(request: MemberRequest, slug: str, job_id: UUID) -> HttpResponse:
    """The strip above the list, which asks for itself until the job has ended."""
    found = _found(request, job_id)
    context = {
        **_shown(request, found),
        # What the list shows is of before: it is asked for anew, as it is.
        "list_query": urlsplit(request.headers.get("HX-Current-URL", "")).query,
        "has_just_ended": found.is_finished,
    }
    return render(request, "leads/jobs/strip.html", context)
