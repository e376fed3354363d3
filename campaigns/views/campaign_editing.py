"""Making a campaign and changing it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.problems import ProblemError
from accounts.requests import MemberRequest
from accounts.sent_once import once
from campaigns import running
from campaigns.campaign_forms import CampaignForm
from campaigns.views.campaigns import found_campaign

_TEMPLATE = "campaigns/campaigns/edit.html"


@requires(Permission.CAMPAIGN_EDIT)
@once
def new(request: MemberRequest, slug: str) -> HttpResponse:
    """A draft, to which lists are added before it is started."""
    data = request.POST if request.method == "POST" else None
    form = CampaignForm(data, actor=request.actor)
    if data is not None and form.is_valid():
        try:
            row = running.create(actor=request.actor, values=form.values())
        except ProblemError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The campaign is made. Add the lists to call."))
            return redirect("campaigns:campaign", slug=slug, campaign_id=row.pk)
    status = 200 if data is None else 422
    return render(request, _TEMPLATE, {"form": form}, status=status)


@requires(Permission.CAMPAIGN_EDIT)
def edit(request: MemberRequest, slug: str, campaign_id: UUID) -> HttpResponse:
    """Change what it is called, says and allows; refused, the page keeps what was entered."""
    row = found_campaign(request, campaign_id)
    data = request.POST if request.method == "POST" else None
    form = CampaignForm(data, actor=request.actor, campaign=row)
    if data is not None and form.is_valid():
        try:
            running.change(row.pk, actor=request.actor, changes=form.values())
        except ProblemError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The campaign is saved."))
            return redirect("campaigns:campaign", slug=slug, campaign_id=row.pk)
    status = 200 if data is None else 422
    return render(request, _TEMPLATE, {"form": form, "campaign": row}, status=status)
