"""The caller's page: one lead, what to say, what was, and how the call ended."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.problems import ProblemError
from accounts.requests import MemberRequest
from campaigns import attempts, queue, waiting
from campaigns.call_form import CallForm
from campaigns.calling_hours import zone_of
from campaigns.errors import LeaseLost
from campaigns.models import Campaign, CampaignLead
from campaigns.outcomes import offered
from leads.models import Interaction, Lead, Reason

ENTRIES = 15
CALLBACKS = 5


@requires(Permission.CALL)
def call(request: MemberRequest, slug: str, campaign_id: UUID) -> HttpResponse:
    """Whom the caller has right now, or when the next is due."""
    return _page(request, _campaign(request, campaign_id))


@requires(Permission.CALL)
def take_next(request: MemberRequest, slug: str, campaign_id: UUID) -> HttpResponse:
    """Take the next lead, or keep the one that is not finished."""
    campaign = _campaign(request, campaign_id)
    if request.method == "POST":
        try:
            queue.next_lead(campaign, actor=request.actor)
        except ProblemError as error:
            messages.error(request, error.detail)
    return redirect("campaigns:call", slug=slug, campaign_id=campaign.pk)


@requires(Permission.CALL)
def release(
    request: MemberRequest, slug: str, campaign_id: UUID, campaign_lead_id: UUID
) -> HttpResponse:
    """Stop: give the lead back without a call."""
    campaign = _campaign(request, campaign_id)
    row = _campaign_lead(request, campaign, campaign_lead_id)
    if request.method == "POST":
        try:
            queue.release(row.pk, actor=request.actor)
        except LeaseLost as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, _("The lead is back in the queue."))
    return redirect("campaigns:call", slug=slug, campaign_id=campaign.pk)


@requires(Permission.CALL)
def record(
    request: MemberRequest, slug: str, campaign_id: UUID, campaign_lead_id: UUID
) -> HttpResponse:
    """Record the call and take the next lead; the same form again does no harm."""
    campaign = _campaign(request, campaign_id)
    row = _campaign_lead(request, campaign, campaign_lead_id)
    if request.method != "POST":
        return redirect("campaigns:call", slug=slug, campaign_id=campaign.pk)
    form = CallForm(request.POST, outcomes=offered(request.workspace.pk))
    if not form.is_valid():
        return _page(request, campaign, form=form, status=422)
    token = form.cleaned_data["lease_token"]
    try:
        made = attempts.record(row.pk, actor=request.actor, call=form.call, lease_token=token)
    except LeaseLost as error:
        lost = {"row": row, "why": error.detail, "notes": form.cleaned_data["notes"]}
        return _page(request, campaign, lost=lost, status=error.status)
    except ProblemError as error:
        form.refuse(error)
        return _page(request, campaign, form=form, status=error.status)
    label = form.outcomes[made.outcome].label
    messages.success(request, _recorded(row, label), extra_tags="composed")
    if request.POST.get("stop") != "yes" and campaign.status == Campaign.Status.ACTIVE:
        queue.next_lead(campaign, actor=request.actor)
    return redirect("campaigns:call", slug=slug, campaign_id=campaign.pk)


def _recorded(row: CampaignLead, label: str) -> str:
    """What was written down, and when the person's turn is again."""
    row.refresh_from_db(fields=["due_at"])
    name = row.lead.contact.name
    if row.due_at is None:
        return _("%(name)s: %(outcome)s.") % {"name": name, "outcome": label}
    again = date_format(timezone.localtime(row.due_at), "DATETIME_FORMAT")
    words = _("%(name)s: %(outcome)s. Their turn again: %(when)s")
    return words % {"name": name, "outcome": label, "when": again}


def _campaign(request: MemberRequest, campaign_id: UUID) -> Campaign:
    rows = Campaign.objects.visible_to(request.actor).select_related("workspace")
    return get_object_or_404(rows, pk=campaign_id)


def _campaign_lead(
    request: MemberRequest, campaign: Campaign, campaign_lead_id: UUID
) -> CampaignLead:
    rows = CampaignLead.objects.visible_to(request.actor).filter(campaign=campaign)
    return get_object_or_404(rows.select_related("lead__contact"), pk=campaign_lead_id)


def _page(
    request: MemberRequest,
    campaign: Campaign,
    *,
    form: CallForm | None = None,
    lost: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    row = queue.current(campaign, actor=request.actor, now=now)
    context: dict[str, Any] = {"campaign": campaign, "row": row, "lost": lost}
    if row is None:
        context |= _idle(request, campaign)
    else:
        context |= _in_call(request, row, form)
    return render(request, "campaigns/call.html", context, status=status)


def _idle(request: MemberRequest, campaign: Campaign) -> dict[str, Any]:
    now = timezone.now()
    due = waiting.next_due(campaign, now)
    mine = CampaignLead.objects.in_workspace(request.workspace.pk).filter(
        campaign=campaign,
        leased_by=request.user,
        callback_at__isnull=False,
        due_at__isnull=False,
    )
    return {
        "is_running": campaign.status == Campaign.Status.ACTIVE,
        "next_due": due,
        "is_due": due is not None and due <= now,
        "callbacks": mine.select_related("lead__contact").order_by("callback_at")[:CALLBACKS],
    }


def _in_call(request: MemberRequest, row: CampaignLead, form: CallForm | None) -> dict[str, Any]:
    outcomes = offered(request.workspace.pk)
    # What was sent is of another lead where this one was taken in another tab since.
    if form is None or form.data.get("lease_token") != str(row.lease_token):
        form = CallForm(outcomes=outcomes, token=row.lease_token)
    lead = Lead.objects.for_list().get(pk=row.lead_id)
    entries = Interaction.objects.in_workspace(lead.workspace_id).filter(lead=lead)
    zone = zone_of(lead.contact.time_zone, request.workspace.time_zone)
    reasons = Reason.objects.offered(lead.workspace_id)
    return {
        "form": form,
        "lead": lead,
        "choices": [
            (one, str(place) if place <= 9 else "") for place, one in enumerate(outcomes, 1)
        ],
        "entries": entries.order_by("-at", "-id")[:ENTRIES],
        "loss_labels": dict(reasons[Reason.Kind.LOSS]),
        "unqualified_labels": dict(reasons[Reason.Kind.UNQUALIFIED]),
        "time_there": timezone.localtime(timezone.now(), ZoneInfo(zone)),
        "zone_there": zone.replace("_", " "),
    }
