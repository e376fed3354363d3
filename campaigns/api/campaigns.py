"""Campaigns: what they are, and how far they are."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_lists import OWN_WORKSPACE, Listing, narrowed
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from campaigns import campaign_rendering, running, stats
from campaigns.api import campaign_examples as examples
from campaigns.api.campaign_inputs import CampaignChangesInput, NewCampaignInput, verbal
from campaigns.api.campaign_shapes import (
    CampaignMemberSerializer,
    CampaignSerializer,
    CampaignStatsSerializer,
)
from campaigns.campaign_filters import CampaignLeadsFilter, CampaignsFilter
from campaigns.models import Campaign, CampaignLead
from leads.api.listings import any_of, parameter

TAG = "Campaigns"
CAMPAIGNS = Listing(
    filters=(
        any_of("status", Campaign.Status.values, "How it stands."),
        parameter("q", "Part of the name."),
        *OWN_WORKSPACE,
    )
)
CAMPAIGN_LEADS = Listing(
    filters=(
        any_of("status", CampaignLead.Status.values, "How far they are."),
        parameter("outcome", "How the last call ended; several: repeated or comma-separated."),
        parameter("list_id", "Those whom this list brought."),
        *OWN_WORKSPACE,
    ),
    orderings=("id",),
    default="-id",
)
MOVES = (
    "`status` moves it: draft → active ⇄ paused → completed; anything else is 409"
    " `illegal_transition` with what is `allowed`. Only an active campaign hands out leads."
)


class CampaignsView(ApiView):
    needs = {"GET": Permission.VIEW, "POST": Permission.CAMPAIGN_EDIT}
    listing = CAMPAIGNS

    @documented(
        tag=TAG,
        summary="List campaigns",
        response=page_of(CampaignSerializer),
        answer=page_answer(examples.CAMPAIGN),
    )
    def get(self, request: Request) -> Response:
        rows = Campaign.objects.visible_to(self.actor).with_totals()
        found = narrowed(CampaignsFilter(request.query_params, queryset=rows, actor=self.actor))
        return CAMPAIGNS.answer(request, found, campaign_rendering.campaign)

    @documented(
        tag=TAG,
        summary="Make a campaign",
        description=f"A draft, unless it is made active at once. {MOVES}",
        request=NewCampaignInput,
        example=examples.NEW_CAMPAIGN,
        response=CampaignSerializer,
        answer=examples.CAMPAIGN,
        status=201,
    )
    def post(self, request: Request) -> Response:
        row = running.create(actor=self.actor, values=verbal(self.parsed(NewCampaignInput)))
        return Response(self.shown(row), status=201)

    def shown(self, row: Campaign) -> dict[str, Any]:
        fresh = stats.with_totals(row.pk, workspace_id=row.workspace_id)
        return campaign_rendering.campaign(fresh)


class OfCampaignView(ApiView):
    """What hangs on one campaign."""

    campaign: Campaign

    def look_up(self, **kwargs: str) -> None:
        rows = Campaign.objects.visible_to(self.actor).select_related("workspace")
        self.campaign = one_by_id(rows, kwargs["campaign"])

    def shown(self) -> dict[str, Any]:
        row = stats.with_totals(self.campaign.pk, workspace_id=self.workspace.pk)
        return campaign_rendering.campaign(row)


class CampaignView(OfCampaignView):
    needs = {
        "GET": Permission.VIEW,
        "PUT": Permission.CAMPAIGN_EDIT,
        "PATCH": Permission.CAMPAIGN_EDIT,
    }

    @documented(
        tag=TAG, summary="Read a campaign", response=CampaignSerializer, answer=examples.CAMPAIGN
    )
    def get(self, request: Request, campaign: str) -> Response:
        return Response(self.shown())

    @documented(
        tag=TAG,
        summary="Change, start, pause or complete a campaign",
        description=f"{MOVES} What is sent together is done together, or not at all.",
        request=CampaignChangesInput,
        example=examples.CAMPAIGN_CHANGES,
        response=CampaignSerializer,
        answer=examples.CAMPAIGN,
        conflicts=True,
    )
    def patch(self, request: Request, campaign: str) -> Response:
        changes = self.parsed(CampaignChangesInput, current=self.shown())
        running.change(self.campaign, actor=self.actor, changes=verbal(changes))
        return Response(self.shown())

    put = patch


class CampaignLeadsView(OfCampaignView):
    needs = {"GET": Permission.VIEW}
    listing = CAMPAIGN_LEADS

    @documented(
        tag=TAG,
        summary="List the leads of a campaign",
        description="Those that you may see: who was enrolled last comes first.",
        response=page_of(CampaignMemberSerializer),
        answer=page_answer(examples.MEMBER),
    )
    def get(self, request: Request, campaign: str) -> Response:
        rows = CampaignLead.objects.visible_to(self.actor).filter(campaign=self.campaign)
        rows = rows.select_related("source", "lead__contact")
        found = narrowed(CampaignLeadsFilter(request.query_params, queryset=rows, actor=self.actor))
        return CAMPAIGN_LEADS.answer(request, found, campaign_rendering.member)


class CampaignStatsView(OfCampaignView):
    needs = {"GET": Permission.VIEW}

    @documented(
        tag=TAG,
        summary="How a campaign does",
        description=(
            "In all and by list; by the last outcome; by a person's judgement of the leads. How"
            " often lists are used, and what came of it, is `GET /lists/stats/`."
        ),
        response=CampaignStatsSerializer,
        answer=examples.STATS,
    )
    def get(self, request: Request, campaign: str) -> Response:
        row = stats.with_totals(self.campaign.pk, workspace_id=self.workspace.pk)
        return Response(
            {
                "campaign_id": row.pk,
                "currency": row.currency,
                "totals": campaign_rendering.figures(row),
                "statuses": stats.statuses_of(row),
                "lists": list(map(campaign_rendering.attached_list, stats.lists_of(row))),
                "outcomes": list(map(campaign_rendering.outcome, stats.outcomes_of(row))),
                "quality": list(map(campaign_rendering.quality, stats.quality_of(row))),
            }
        )
