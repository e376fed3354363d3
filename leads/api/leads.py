"""Leads: listing, making, reading, changing, deleting."""

from functools import partial
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, found_or_404, one_by_ref
from accounts.api_lists import InvalidParameter, narrowed
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from leads import editing, lifecycle, rendering
from leads.api import examples
from leads.api.detail import DETAIL_FIELDS, lead_detail
from leads.api.inputs import EnrichInput, LeadChangesInput, NewLeadInput
from leads.api.listings import LEADS
from leads.api.shapes import (
    DashboardSerializer,
    LeadDetailSerializer,
    LeadSerializer,
    ReceivedLeadSerializer,
)
from leads.dashboard import dashboard
from leads.intake import LeadInput, receive
from leads.listing import list_rendering
from leads.listing.filters import LeadFilter, registered_parameters
from leads.merges import merged
from leads.models import Lead, Source

TAG = "Leads"


class LeadView(ApiView):
    """An address beneath one lead, named by its UUID or number."""

    lead: Lead

    def look_up(self, **kwargs: str) -> None:
        rows = Lead.objects.visible_to(self.actor).for_list()
        self.lead = found_or_404(
            merged.lead_by_ref(rows, kwargs["lead"], workspace_id=self.workspace.pk)
        )


class LeadsView(ApiView):
    needs = {"GET": Permission.VIEW, "POST": Permission.LEAD_EDIT}
    listing = LEADS

    def parameters(self, method: str) -> tuple[OpenApiParameter, ...]:
        own = super().parameters(method)
        return (*own, *registered_parameters()) if own else own

    @documented(
        tag=TAG,
        summary="List leads",
        response=page_of(LeadSerializer),
        answer=page_answer(examples.LEAD),
    )
    def get(self, request: Request) -> Response:
        if self.actor.user is None and "assigned_to_me" in request.query_params:
            raise InvalidParameter("assigned_to_me", "A key is nobody: name users in assigned_to.")
        visible: QuerySet[Lead] = Lead.objects.visible_to(self.actor)
        rows = narrowed(LeadFilter(request.query_params, visible, actor=self.actor))
        forms = partial(list_rendering.written, workspace_id=self.workspace.pk)
        return Response(LEADS.page(request, rows, forms=forms))

    @documented(
        tag=TAG,
        summary="Send in a lead",
        description=(
            "Give at least an e-mail, a phone number or a name. The person is found by e-mail, then"
            " phone. Is a lead of theirs open, it takes the arrival: blanks are filled, nothing is"
            " overwritten, the answer is 200 with `deduplicated: true`. Else a new lead is opened."
        ),
        request=NewLeadInput,
        example=examples.NEW_LEAD,
        response=ReceivedLeadSerializer,
        answer=examples.RECEIVED,
        status=201,
        also={200: "The person's open lead took it."},
    )
    def post(self, request: Request) -> Response:
        given = {"source": Source.API.value} | self.parsed(NewLeadInput)
        received = receive(LeadInput(**given), actor=self.actor)
        body = rendering.lead(received.lead) | {
            "deduplicated": received.deduplicated,
            "notices": received.notices,
        }
        return Response(body, status=201 if received.created else 200)


class DashboardView(ApiView):
    needs = {"GET": Permission.VIEW}

    @documented(
        tag=TAG,
        summary="Count what there is to do",
        description="Of the user's own leads; with an API key, of the whole workspace.",
        response=DashboardSerializer,
        answer=examples.DASHBOARD,
    )
    def get(self, request: Request) -> Response:
        return Response(dashboard(self.actor))


class LeadDetailView(LeadView):
    needs = {
        "GET": Permission.VIEW,
        "POST": Permission.LEAD_EDIT,
        "PUT": Permission.LEAD_EDIT,
        "PATCH": Permission.LEAD_EDIT,
        "DELETE": Permission.LEAD_DELETE,
    }

    @documented(
        tag=TAG,
        summary="Read a lead",
        response=LeadDetailSerializer,
        answer=examples.LEAD_DETAIL,
    )
    def get(self, request: Request, lead: str) -> Response:
        return Response(lead_detail(self.lead))

    @documented(
        tag=TAG,
        summary="Change a lead",
        description=(
            "Set the fields that are named, the person's included; PUT does the same. What is only"
            " read may be sent back unchanged. `status` is changed by the moves."
        ),
        request=LeadChangesInput,
        example=examples.CHANGES,
        response=LeadSerializer,
        answer=examples.LEAD,
        conflicts=True,
    )
    def patch(self, request: Request, lead: str) -> Response:
        changes = self.parsed(LeadChangesInput, current=self._current())
        row = editing.update(self.lead, actor=self.actor, changes=changes)
        return Response(rendering.lead(row))

    put = patch

    def _current(self) -> dict[str, Any]:
        wants_detail = isinstance(self.request.data, dict) and any(
            name in self.request.data for name in DETAIL_FIELDS
        )
        return lead_detail(self.lead) if wants_detail else rendering.lead(self.lead)

    @documented(
        tag=TAG,
        summary="Delete a lead",
        description="Takes it out of every list; `restore` brings it back.",
        status=204,
    )
    def delete(self, request: Request, lead: str) -> Response:
        editing.delete(self.lead, actor=self.actor)
        return Response(status=204)

    @documented(
        tag=TAG,
        summary="Enrich a lead (for automation tools)",
        description="The same as `POST /leads/{lead}/enrich/`.",
        request=EnrichInput,
        example=examples.ENRICHMENT,
        response=LeadSerializer,
        answer=examples.LEAD,
    )
    def post(self, request: Request, lead: str) -> Response:
        found = self.parsed(EnrichInput)["enrichment_data"]
        row = lifecycle.enrich(self.lead, actor=self.actor, enrichment_data=found)
        return Response(rendering.lead(row))


class RestoreView(ApiView):
    needs = {"POST": Permission.LEAD_DELETE}

    def look_up(self, **kwargs: str) -> None:
        one_by_ref(Lead.objects.in_workspace(self.workspace.pk), kwargs["lead"])

    @documented(
        tag=TAG,
        summary="Restore a deleted lead",
        description="One that is not deleted stays as it is.",
        response=LeadSerializer,
        answer=examples.LEAD,
        conflicts=True,
    )
    def post(self, request: Request, lead: str) -> Response:
        return Response(rendering.lead(editing.restore(lead, actor=self.actor)))
