"""The lists of a campaign on its page: adding one after a look, their order, taking one away."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.problems import ProblemError
from accounts.requests import MemberRequest, is_part
from accounts.sent_once import once
from campaigns import enrolment, stats
from campaigns.campaign_forms import AttachedForm, AttachForm, priorities_in
from campaigns.enrolling import Enrolled, Preview
from campaigns.models import Campaign, CampaignLeadList
from campaigns.views.campaigns import found_campaign, render_campaign


@requires(Permission.CAMPAIGN_EDIT)
@once
def attach(request: MemberRequest, slug: str, campaign_id: UUID) -> HttpResponse:
    """The dialog that adds a list; a GET with a list chosen tells what adding it would do."""
    row = found_campaign(request, campaign_id)
    is_sent = request.method == "POST"
    data = request.POST if is_sent else None
    form = AttachForm(data, actor=request.actor, campaign=row, asked=request.GET)
    if is_sent and form.is_valid():
        try:
            done = enrolment.attach(
                row.pk, UUID(form.cleaned_data["list"]), actor=request.actor, **form.values()
            )
        except ProblemError as error:
            form.refuse(error)
        else:
            messages.success(request, _told(done))
            return _to_campaign(slug, row)
    seen, refused = _preview(request, row, form)
    context = {"form": form, "seen": seen, "refused": refused, "campaign": row}
    if is_part(request) and not is_sent:
        return render(request, "campaigns/campaigns/preview.html", context)
    return render_campaign(request, row, dialog="attach", status=422 if is_sent else 200, **context)


def _preview(request: MemberRequest, row: Campaign, form: AttachForm) -> tuple[Preview | None, str]:
    """What adding the chosen list would do, or why that cannot be told."""
    if form.chosen is None:
        return None, ""
    try:
        seen = enrolment.preview(
            row, form.chosen, actor=request.actor, filter_criteria=form.filter_criteria
        )
    except ProblemError as error:
        return None, error.detail
    return seen, ""


def _told(done: Enrolled) -> str:
    added = ngettext("%(n)d lead was added", "%(n)d leads were added", done.added) % {
        "n": done.added
    }
    return _("%(added)s; %(there)d were in already, %(left_out)d are left out.") % {
        "added": added,
        "there": done.already_in,
        "left_out": done.excluded,
    }


@requires(Permission.CAMPAIGN_EDIT)
def priorities(request: MemberRequest, slug: str, campaign_id: UUID) -> HttpResponse:
    """The order in which the lists are called, as the table's numbers say."""
    row = found_campaign(request, campaign_id)
    if request.method == "POST":
        try:
            enrolment.set_priorities(row.pk, priorities_in(request.POST), actor=request.actor)
        except ProblemError as error:
            messages.error(request, error.detail)
        else:
            if is_part(request):
                return HttpResponse(status=204)
            messages.success(request, _("The order is saved."))
    return _to_campaign(slug, row)


@requires(Permission.CAMPAIGN_EDIT)
def change(request: MemberRequest, slug: str, campaign_id: UUID, list_id: UUID) -> HttpResponse:
    """The dialog of one list: place, calls, whether it is called."""
    row = found_campaign(request, campaign_id)
    attached = _attached(row, list_id)
    if request.method == "POST" and request.POST.get("do") == "bring":
        return _bring(request, row, list_id)
    form = AttachedForm(request.POST if request.method == "POST" else None, attached=attached)
    if request.method == "POST" and form.is_valid():
        try:
            enrolment.change_attached(
                row.pk, list_id, actor=request.actor, changes=form.cleaned_data
            )
        except ProblemError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The list is saved."))
            return _to_campaign(slug, row)
    status = 422 if request.method == "POST" else 200
    return render_campaign(request, row, dialog="change", form=form, chosen=attached, status=status)


def _bring(request: MemberRequest, row: Campaign, list_id: UUID) -> HttpResponse:
    """Enrol who came into the list since it was added."""
    try:
        done = enrolment.attach(row.pk, list_id, actor=request.actor)
    except ProblemError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, _told(done))
    return _to_campaign(request.workspace.slug, row)


@requires(Permission.CAMPAIGN_EDIT)
def detach(request: MemberRequest, slug: str, campaign_id: UUID, list_id: UUID) -> HttpResponse:
    """Ask, then take the list away."""
    row = found_campaign(request, campaign_id)
    attached = _attached(row, list_id)
    if request.method != "POST":
        return render_campaign(request, row, dialog="detach", chosen=attached)
    try:
        enrolment.detach(row.pk, list_id, actor=request.actor)
    except ProblemError as error:
        messages.error(request, error.detail)
    else:
        told = _("“%(name)s” is taken away.") % {"name": attached.lead_list.name}
        messages.success(request, told)
    return _to_campaign(slug, row)


def _attached(row: Campaign, list_id: UUID) -> CampaignLeadList:
    found = stats.lists_of(row).filter(lead_list_id=list_id).first()
    if found is None:
        raise Http404
    return found


def _to_campaign(slug: str, row: Campaign) -> HttpResponseRedirect:
    answer = redirect("campaigns:campaign", slug=slug, campaign_id=row.pk)
    return HttpResponseRedirect(answer.url)
