"""The lists of a campaign."""

from uuid import UUID

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import one_by_id
from accounts.api_lists import Listing
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from campaigns import campaign_rendering, enrolment, stats
from campaigns.api import campaign_examples as examples
from campaigns.api.campaign_inputs import AttachedChangesInput, AttachInput, PreviewInput
from campaigns.api.campaign_shapes import (
    AttachedListSerializer,
    EnrolledSerializer,
    PreviewSerializer,
)
from campaigns.api.campaigns import TAG, OfCampaignView
from campaigns.models import CampaignLeadList, LeadList

ATTACHED = Listing(orderings=("priority", "assigned_at"), default="priority")


class AttachedListsView(OfCampaignView):
    needs = {"GET": Permission.VIEW, "POST": Permission.CAMPAIGN_EDIT}
    listing = ATTACHED

    @documented(
        tag=TAG,
        summary="List the lists of a campaign",
        description="In the order in which they are called, with their figures.",
        response=page_of(AttachedListSerializer),
        answer=page_answer(examples.ATTACHED_LIST),
    )
    def get(self, request: Request, campaign: str) -> Response:
        rows = stats.lists_of(self.campaign)
        return ATTACHED.answer(request, rows, campaign_rendering.attached_list)

    @documented(
        tag=TAG,
        summary="Add a list to a campaign",
        description=(
            "Its leads are enrolled, each once in a campaign, from the list that brought it first."
            " Who is lost or asked not to be called is `excluded`. Adding it again adds who is not"
            " there yet; what is not sent stays as it is. Smart lists go on feeding the campaign."
        ),
        request=AttachInput,
        example=examples.ATTACH,
        response=EnrolledSerializer,
        answer=examples.ENROLLED,
        status=201,
        conflicts=True,
    )
    def post(self, request: Request, campaign: str) -> Response:
        given = self.parsed(AttachInput)
        done = enrolment.attach(self.campaign, given.pop("list_id"), actor=self.actor, **given)
        body = {"added": done.added, "already_in": done.already_in, "excluded": done.excluded}
        return Response(body, status=201)


class PreviewView(OfCampaignView):
    needs = {"POST": Permission.CAMPAIGN_EDIT}

    @documented(
        tag=TAG,
        summary="Foresee what adding a list would do",
        description="Changes nothing.",
        request=PreviewInput,
        example=examples.PREVIEW_REQUEST,
        response=PreviewSerializer,
        answer=examples.PREVIEW,
    )
    def post(self, request: Request, campaign: str) -> Response:
        given = self.parsed(PreviewInput)
        found = one_by_id(LeadList.objects.visible_to(self.actor), str(given["list_id"]))
        seen = enrolment.preview(
            self.campaign, found, actor=self.actor, filter_criteria=given.get("filter_criteria")
        )
        return Response(campaign_rendering.preview(seen))


class AttachedListView(OfCampaignView):
    """One list of a campaign, named by the list's own id."""

    needs = {
        "GET": Permission.VIEW,
        "PUT": Permission.CAMPAIGN_EDIT,
        "PATCH": Permission.CAMPAIGN_EDIT,
        "DELETE": Permission.CAMPAIGN_EDIT,
    }
    attached: CampaignLeadList

    def look_up(self, **kwargs: str) -> None:
        super().look_up(**kwargs)
        try:
            rows = stats.lists_of(self.campaign).filter(lead_list_id=UUID(kwargs["lead_list"]))
        except ValueError as error:
            raise Http404 from error
        found = rows.first()
        if found is None:
            raise Http404
        self.attached = found

    @documented(
        tag=TAG,
        summary="Read a list of a campaign",
        response=AttachedListSerializer,
        answer=examples.ATTACHED_LIST,
    )
    def get(self, request: Request, campaign: str, lead_list: str) -> Response:
        return Response(campaign_rendering.attached_list(self.attached))

    @documented(
        tag=TAG,
        summary="Change a list of a campaign",
        description=(
            "Its place, its attempts, whether it is called. Other `filter_criteria` take out whom"
            " nobody called yet and whom they do not find, and add whom they find."
        ),
        request=AttachedChangesInput,
        example=examples.ATTACHED_CHANGES,
        response=AttachedListSerializer,
        answer=examples.ATTACHED_LIST,
        conflicts=True,
    )
    def patch(self, request: Request, campaign: str, lead_list: str) -> Response:
        current = campaign_rendering.attached_list(self.attached)
        changes = self.parsed(AttachedChangesInput, current=current)
        row = enrolment.change_attached(
            self.campaign, self.attached.lead_list_id, actor=self.actor, changes=changes
        )
        return Response(campaign_rendering.attached_list(row))

    put = patch

    @documented(
        tag=TAG,
        summary="Take a list away from a campaign",
        description=(
            "Whom nobody called goes with it; who was called stays in the campaign's figures and"
            " is called no more."
        ),
        status=204,
        conflicts=True,
    )
    def delete(self, request: Request, campaign: str, lead_list: str) -> Response:
        enrolment.detach(self.campaign, self.attached.lead_list_id, actor=self.actor)
        return Response(status=204)
