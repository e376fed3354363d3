"""Calling: the next lead of a campaign, and what came of the call."""

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_lists import Listing
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from campaigns import attempts, call_rendering, queue
from campaigns.api import call_examples as examples
from campaigns.api.call_inputs import AttemptInput
from campaigns.api.call_shapes import (
    CallSerializer,
    CampaignLeadSerializer,
    LeasedLeadSerializer,
    RecordedCallSerializer,
)
from campaigns.models import CallAttempt, Campaign, CampaignLead

TAG = "Calling"
CALLS = Listing(orderings=("at",), default="-at")


class NextView(ApiView):
    needs = {"POST": Permission.CALL}
    campaign: Campaign

    def look_up(self, **kwargs: str) -> None:
        rows = Campaign.objects.visible_to(self.actor).select_related("workspace")
        self.campaign = one_by_id(rows, kwargs["campaign"])

    @documented(
        tag=TAG,
        summary="Take the next lead to call",
        description=(
            "Leases the best lead that is due, to nobody else, for the campaign's"
            " `lease_minutes`: callbacks whose time has come, then by priority of the lists, by"
            " heat, and the oldest. Who may not be called (now) is passed over. A person who has"
            " a lead already gets that one again; a key gets another with each call. 204 when"
            " nobody is due, 409 `campaign_not_active` unless the campaign is active. A lease"
            " that runs out puts its lead back."
        ),
        response=LeasedLeadSerializer,
        answer=examples.LEASED,
        also={204: "Nobody is due."},
        conflicts=True,
    )
    def post(self, request: Request, campaign: str) -> Response:
        row = queue.next_lead(self.campaign, actor=self.actor)
        if row is None:
            return Response(status=204)
        return Response(call_rendering.leased(row, script=self.campaign.script))


class OfCampaignLeadView(ApiView):
    """What hangs on one campaign lead, as far as the caller sees it."""

    campaign_lead: CampaignLead

    def look_up(self, **kwargs: str) -> None:
        rows = CampaignLead.objects.visible_to(self.actor).select_related("source")
        self.campaign_lead = one_by_id(rows, kwargs["campaign_lead"])


class CampaignLeadView(OfCampaignLeadView):
    needs = {"GET": Permission.VIEW}

    @documented(
        tag=TAG,
        summary="Read a campaign lead",
        response=CampaignLeadSerializer,
        answer=examples.CAMPAIGN_LEAD,
    )
    def get(self, request: Request, campaign_lead: str) -> Response:
        return Response(call_rendering.campaign_lead(self.campaign_lead))


class AttemptsView(OfCampaignLeadView):
    needs = {"GET": Permission.VIEW, "POST": Permission.CALL}
    listing = CALLS

    @documented(
        tag=TAG,
        summary="List the calls of a campaign lead",
        response=page_of(CallSerializer),
        answer=page_answer(examples.CALL),
    )
    def get(self, request: Request, campaign_lead: str) -> Response:
        rows = CallAttempt.objects.in_workspace(self.workspace.pk)
        found = rows.filter(campaign_lead=self.campaign_lead)
        return CALLS.answer(request, found, call_rendering.attempt)

    @documented(
        tag=TAG,
        summary="Record a call",
        description=(
            "Of a lead that `next` gave you, or that is due and nobody's. Counts the attempt, puts"
            " the call on the lead's timeline and plans the next one: after the outcome's delay,"
            " or at `callback_at`, until the attempts are used up. `do_not_call` closes the"
            " channel with the person. With the `lease_token` the same call again answers the"
            " first; a lead that is no longer yours is 409 `lease_lost`."
        ),
        request=AttemptInput,
        example=examples.ATTEMPT,
        response=RecordedCallSerializer,
        answer=examples.RECORDED,
        status=201,
    )
    def post(self, request: Request, campaign_lead: str) -> Response:
        given = self.parsed(AttemptInput)
        token = given.pop("lease_token", None)
        row = attempts.record(
            self.campaign_lead.pk,
            actor=self.actor,
            call=attempts.Call(**given),
            lease_token=token,
        )
        after = CampaignLead.objects.select_related("source").get(pk=row.campaign_lead_id)
        body = {
            **call_rendering.attempt(row),
            "campaign_lead": call_rendering.campaign_lead(after),
        }
        return Response(body, status=201)


class ReleaseView(OfCampaignLeadView):
    needs = {"POST": Permission.CALL}

    @documented(
        tag=TAG,
        summary="Give a lead back",
        description="Without a call; it is due again at once. Given back again, nothing changes.",
        response=CampaignLeadSerializer,
        answer=examples.AFTER,
        conflicts=True,
    )
    def post(self, request: Request, campaign_lead: str) -> Response:
        queue.release(self.campaign_lead.pk, actor=self.actor)
        after = CampaignLead.objects.select_related("source").get(pk=self.campaign_lead.pk)
        return Response(call_rendering.campaign_lead(after))
