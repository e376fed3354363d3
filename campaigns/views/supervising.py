"""The supervisor's page: a campaign while it is called, refreshed by itself."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from campaigns import live as work
from campaigns import waiting
from campaigns.models import Campaign


@requires(Permission.METRICS_ALL)
def live(request: MemberRequest, slug: str, campaign_id: UUID) -> HttpResponse:
    """Progress by list, who is in a call, and today's calls by person and outcome."""
    rows = Campaign.objects.visible_to(request.actor).select_related("workspace").with_totals()
    campaign = get_object_or_404(rows, pk=campaign_id)
    now = timezone.now()
    context = {
        "campaign": campaign,
        "now": now,
        "lists": [work.shares(one) for one in work.lists(campaign)],
        "in_calls": work.in_calls(campaign, now),
        "today": work.today(campaign),
        "next_due": waiting.next_due(campaign, now),
    }
    return render(request, "campaigns/live.html", context)
