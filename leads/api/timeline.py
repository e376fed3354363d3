"""Interactions and appointments, of one lead and of all."""

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_lists import narrowed
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from leads import rendering, timeline
from leads.api import examples
from leads.api.inputs import AppointmentChangesInput, InteractionInput, NewAppointmentInput
from leads.api.leads import LeadView
from leads.api.listings import APPOINTMENTS, INTERACTIONS, AppointmentFilter, InteractionFilter
from leads.api.shapes import AppointmentSerializer, InteractionSerializer
from leads.diary import appointments
from leads.merges.merged import lead_by_ref
from leads.models import Appointment, Interaction, Lead

TAG = "Timeline"


class FeedView(ApiView):
    needs = {"GET": Permission.VIEW}
    listing = INTERACTIONS

    @documented(
        tag=TAG,
        summary="List what happened, across leads",
        response=page_of(InteractionSerializer),
        answer=page_answer(examples.HAPPENED),
    )
    def get(self, request: Request) -> Response:
        rows = Interaction.objects.visible_to(self.actor)
        found = narrowed(InteractionFilter(request.query_params, queryset=rows, actor=self.actor))
        return INTERACTIONS.answer(request, found, rendering.interaction)


class LeadInteractionsView(LeadView):
    needs = {"GET": Permission.VIEW, "POST": Permission.LEAD_EDIT}
    listing = INTERACTIONS

    @documented(
        tag=TAG,
        summary="List a lead's interactions",
        response=page_of(InteractionSerializer),
        answer=page_answer(examples.HAPPENED),
    )
    def get(self, request: Request, lead: str) -> Response:
        rows = Interaction.objects.in_workspace(self.workspace.pk).filter(lead=self.lead)
        found = narrowed(InteractionFilter(request.query_params, queryset=rows, actor=self.actor))
        return INTERACTIONS.answer(request, found, rendering.interaction)

    @documented(
        tag=TAG,
        summary="Record an interaction",
        description=(
            "Touchpoints heat the lead. Calls, and messages with a `direction`, count as contact or"
            " reply and may move the lead."
        ),
        request=InteractionInput,
        example=examples.INTERACTION,
        response=InteractionSerializer,
        answer=examples.HAPPENED,
        status=201,
        conflicts=True,
    )
    def post(self, request: Request, lead: str) -> Response:
        given = self.parsed(InteractionInput)
        return Response(
            rendering.interaction(timeline.record(self.lead, actor=self.actor, **given)), status=201
        )


class CalendarView(ApiView):
    needs = {"GET": Permission.VIEW}
    listing = APPOINTMENTS

    @documented(
        tag=TAG,
        summary="List appointments, across leads",
        response=page_of(AppointmentSerializer),
        answer=page_answer(examples.VISIT),
    )
    def get(self, request: Request) -> Response:
        rows = Appointment.objects.visible_to(self.actor)
        found = narrowed(AppointmentFilter(request.query_params, queryset=rows, actor=self.actor))
        return APPOINTMENTS.answer(request, found, rendering.appointment)


class LeadAppointmentsView(LeadView):
    needs = {"GET": Permission.VIEW, "POST": Permission.LEAD_EDIT}
    listing = APPOINTMENTS

    @documented(
        tag=TAG,
        summary="List a lead's appointments",
        response=page_of(AppointmentSerializer),
        answer=page_answer(examples.VISIT),
    )
    def get(self, request: Request, lead: str) -> Response:
        rows = Appointment.objects.in_workspace(self.workspace.pk).filter(lead=self.lead)
        found = narrowed(AppointmentFilter(request.query_params, queryset=rows, actor=self.actor))
        return APPOINTMENTS.answer(request, found, rendering.appointment)

    @documented(
        tag=TAG,
        summary="Make an appointment",
        description=(
            "Schedules the lead; another one on its calendar is canceled. With `status` it is"
            " written down how the visit went. The same again answers 200 with what is there."
        ),
        request=NewAppointmentInput,
        example=examples.APPOINTMENT,
        response=AppointmentSerializer,
        answer=examples.VISIT,
        status=201,
        also={200: "It is there already."},
        conflicts=True,
    )
    def post(self, request: Request, lead: str) -> Response:
        given = self.parsed(NewAppointmentInput)
        row, is_new = appointments.add(self.lead, actor=self.actor, **given)
        return Response(rendering.appointment(row), status=201 if is_new else 200)


class AppointmentView(ApiView):
    """One appointment, by its own address or beneath its lead."""

    needs = {"GET": Permission.VIEW, "PUT": Permission.LEAD_EDIT, "PATCH": Permission.LEAD_EDIT}
    appointment: Appointment

    def look_up(self, **kwargs: str) -> None:
        rows = Appointment.objects.visible_to(self.actor)
        self.appointment = one_by_id(rows, kwargs["appointment"])
        if "lead" in kwargs:
            seen = Lead.objects.visible_to(self.actor)
            named = lead_by_ref(seen, kwargs["lead"], workspace_id=self.workspace.pk)
            if named is None or named.pk != self.appointment.lead_id:
                raise Http404

    @documented(
        tag=TAG,
        summary="Read an appointment",
        response=AppointmentSerializer,
        answer=examples.VISIT,
    )
    def get(self, request: Request, appointment: str, lead: str = "") -> Response:
        return Response(rendering.appointment(self.appointment))

    @documented(
        tag=TAG,
        summary="Change an appointment",
        description=(
            "Its status moves the lead: `attended` completes it, `no_show` and `canceled` put it"
            " back to where it was before scheduling. A new time is a reschedule."
        ),
        request=AppointmentChangesInput,
        example=examples.ATTENDED,
        response=AppointmentSerializer,
        answer=examples.VISIT,
        conflicts=True,
    )
    def patch(self, request: Request, appointment: str, lead: str = "") -> Response:
        changes = self.parsed(
            AppointmentChangesInput, current=rendering.appointment(self.appointment)
        )
        row = appointments.change(self.appointment.pk, actor=self.actor, **changes)
        return Response(rendering.appointment(row))

    put = patch
