"""The outcomes that a workspace added to the built-in ones."""

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_lists import Listing
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from campaigns import call_rendering, outcomes
from campaigns.api import call_examples as examples
from campaigns.api.call_inputs import OutcomeChangesInput, OutcomeInput
from campaigns.api.call_shapes import CallOutcomeSerializer
from campaigns.models import CallOutcome

TAG = "Calling"
OUTCOMES = Listing(orderings=("position", "created_at"), default="position")


class OutcomesView(ApiView):
    needs = {"GET": Permission.VIEW, "POST": Permission.CAMPAIGN_EDIT}
    listing = OUTCOMES

    @documented(
        tag=TAG,
        summary="List your own outcomes",
        description="Those beside the twelve that every workspace has.",
        response=page_of(CallOutcomeSerializer),
        answer=page_answer(examples.OUTCOME_MADE),
    )
    def get(self, request: Request) -> Response:
        rows = CallOutcome.objects.in_workspace(self.workspace.pk)
        return OUTCOMES.answer(request, rows, call_rendering.outcome)

    @documented(
        tag=TAG,
        summary="Add an outcome",
        description=(
            "`status` says where its leads go: `queued` (another attempt after `delay_minutes`),"
            " `contacted`, `converted` or `failed`."
        ),
        request=OutcomeInput,
        example=examples.OUTCOME,
        response=CallOutcomeSerializer,
        answer=examples.OUTCOME_MADE,
        status=201,
    )
    def post(self, request: Request) -> Response:
        row = outcomes.add(actor=self.actor, values=self.parsed(OutcomeInput))
        return Response(call_rendering.outcome(row), status=201)


class OutcomeView(ApiView):
    needs = {
        "GET": Permission.VIEW,
        "PUT": Permission.CAMPAIGN_EDIT,
        "PATCH": Permission.CAMPAIGN_EDIT,
    }
    outcome: CallOutcome

    def look_up(self, **kwargs: str) -> None:
        rows = CallOutcome.objects.in_workspace(self.workspace.pk)
        self.outcome = one_by_id(rows, kwargs["call_outcome"])

    @documented(
        tag=TAG,
        summary="Read an outcome",
        response=CallOutcomeSerializer,
        answer=examples.OUTCOME_MADE,
    )
    def get(self, request: Request, call_outcome: str) -> Response:
        return Response(call_rendering.outcome(self.outcome))

    @documented(
        tag=TAG,
        summary="Change an outcome",
        description="Calls that were recorded stay as they are. `is_active` false: not offered.",
        request=OutcomeChangesInput,
        example=examples.OUTCOME_CHANGES,
        response=CallOutcomeSerializer,
        answer=examples.OUTCOME_MADE,
    )
    def patch(self, request: Request, call_outcome: str) -> Response:
        current = call_rendering.outcome(self.outcome)
        changes = self.parsed(OutcomeChangesInput, current=current)
        row = outcomes.change(self.outcome.pk, actor=self.actor, changes=changes)
        return Response(call_rendering.outcome(row))

    put = patch
