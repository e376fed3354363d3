"""The moves of a lead. Each answers the flat lead; the same move twice changes nothing."""

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_input import StrictSerializer
from accounts.api_schema import documented
from accounts.permissions import Permission
from leads import lifecycle, rendering
from leads.api import examples
from leads.api.inputs import (
    AssignInput,
    ContactAttemptInput,
    ContactedInput,
    EnrichInput,
    LoseInput,
    MoveInput,
    ScheduleInput,
)
from leads.api.leads import LeadView
from leads.api.shapes import AssignmentSerializer, LeadSerializer
from leads.assigning import assignment, auto_assignment
from leads.models import Lead

TAG = "Lifecycle"


def _move_view(
    name: str,
    verb: Callable[..., Lead],
    takes: type[StrictSerializer],
    *,
    summary: str,
    description: str,
    example: dict[str, Any],
) -> type[LeadView]:
    """A view whose POST hands its body to one verb of the lifecycle."""

    class MoveView(LeadView):
        needs = {"POST": Permission.LEAD_EDIT}

        @documented(
            tag=TAG,
            summary=summary,
            description=description,
            request=takes,
            example=example,
            response=LeadSerializer,
            answer=examples.LEAD,
            conflicts=True,
        )
        def post(self, request: Request, lead: str) -> Response:
            row = verb(self.lead, actor=self.actor, **self.parsed(takes))
            return Response(rendering.lead(row))

    MoveView.__name__ = MoveView.__qualname__ = name
    return MoveView


def _enrich(lead: Lead, *, actor: Any, enrichment_data: dict[str, Any], status: str = "") -> Lead:
    return lifecycle.enrich(lead, actor=actor, enrichment_data=enrichment_data)


def _schedule(
    lead: Lead, *, actor: Any, appointment: dict[str, Any] | None = None, **given: Any
) -> Lead:
    return lifecycle.schedule(lead, actor=actor, **(appointment or {}), **given)


EnrichView = _move_view(
    "EnrichView",
    _enrich,
    EnrichInput,
    summary="Enrich a lead",
    description=(
        "Stores what was found out; a new lead becomes enriched, a later one stays where it is."
        " Fills a blank e-mail, phone, name and job title, and overwrites nothing."
    ),
    example=examples.ENRICHMENT,
)
ContactedView = _move_view(
    "ContactedView",
    lifecycle.mark_contacted,
    ContactedInput,
    summary="Mark a lead contacted",
    description="Counts as an attempt; a new or enriched lead becomes contacted.",
    example=examples.CONTACTED,
)
ContactView = _move_view(
    "ContactView",
    lifecycle.log_contact,
    ContactAttemptInput,
    summary="Log a contact attempt",
    description=(
        "The first one moves a new or enriched lead to contacted, later ones only count."
        " With `direction: inbound` it is a reply, and the lead is conversing."
    ),
    example=examples.ATTEMPT,
)
ConverseView = _move_view(
    "ConverseView",
    lifecycle.converse,
    MoveInput,
    summary="Mark a lead conversing",
    description="They replied.",
    example=examples.MOVE,
)
QualifyView = _move_view(
    "QualifyView",
    lifecycle.qualify,
    MoveInput,
    summary="Qualify a lead",
    description="They meet the criteria. Possible from new, enriched, contacted and conversing.",
    example=examples.MOVE,
)
CompleteView = _move_view(
    "CompleteView",
    lifecycle.complete,
    MoveInput,
    summary="Complete a lead",
    description="The visit took place. Possible from qualified and scheduled.",
    example=examples.MOVE,
)
ConvertView = _move_view(
    "ConvertView",
    lifecycle.convert,
    MoveInput,
    summary="Convert a lead",
    description="The deal is closed. Usually done by logging a conversion, which adds the value.",
    example=examples.MOVE,
)
ReopenView = _move_view(
    "ReopenView",
    lifecycle.reopen,
    MoveInput,
    summary="Reopen a lost lead",
    description="Takes it up where it was lost.",
    example=examples.MOVE,
)
ScheduleView = _move_view(
    "ScheduleView",
    _schedule,
    ScheduleInput,
    summary="Schedule a lead",
    description=(
        "Puts a visit on the calendar; again with another time is a reschedule. Give either an"
        " `appointment` or the `appointment_id` of one of the lead's own."
    ),
    example=examples.SCHEDULE,
)
LoseView = _move_view(
    "LoseView",
    lifecycle.lose,
    LoseInput,
    summary="Mark a lead lost",
    description="With codes from GET /reasons/; one never qualified also says why it was not.",
    example=examples.LOSE,
)


class AssignView(LeadView):
    needs = {"POST": Permission.LEAD_ASSIGN}

    @documented(
        tag=TAG,
        summary="Assign a lead",
        description="To a member from GET /users/, or with null to nobody.",
        request=AssignInput,
        example=examples.ASSIGN,
        response=AssignmentSerializer,
        answer=examples.ASSIGNED,
    )
    def post(self, request: Request, lead: str) -> Response:
        user_id = self.parsed(AssignInput)["user_id"]
        return Response(
            rendering.assignment(assignment.assign(self.lead, actor=self.actor, user_id=user_id))
        )


class AutoAssignView(LeadView):
    needs = {"POST": Permission.LEAD_ASSIGN}

    @documented(
        tag=TAG,
        summary="Assign a lead automatically",
        description=(
            "To the member whose turn it is, by the workspace's rules, among those on duty and"
            " under their cap. A lead that has an owner stays as it is. When nobody can take it,"
            " the answer is 409 `nobody_available`: the lead waits, and is assigned as soon as"
            " somebody can; asking again is not needed. A closed lead is 409 `lead_closed`."
        ),
        response=LeadSerializer,
        answer=examples.LEAD,
        conflicts=True,
    )
    def post(self, request: Request, lead: str) -> Response:
        done = auto_assignment.auto_assign(self.lead, actor=self.actor)
        if done.waits:
            raise auto_assignment.NobodyAvailable(done.waits)
        return Response(rendering.lead(done.lead))
