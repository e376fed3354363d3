"""The appointments of one locked lead: the rows beneath the lifecycle's schedule and complete."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.errors import Conflict, LeadError
from leads.models import Appointment, Lead, Status


def open_appointments(lead: Lead) -> QuerySet[Appointment]:
    """What is still on the calendar, soonest first."""
    return (
        Appointment.objects.in_workspace(lead.workspace_id)
        .filter(lead=lead, status=Appointment.Status.SCHEDULED)
        .order_by("scheduled_for", "id")
    )


def book(
    lead: Lead,
    *,
    scheduled_for: datetime | None,
    external_ref: str,
    location: str,
    matched_via: str,
    appointment_id: UUID | None,
) -> tuple[Appointment, bool]:
    """The lead's one appointment on the calendar, and whether that changed anything.

    Whatever else was on the lead's calendar is cancelled: scheduling again is rescheduling.
    """
    row: Appointment | None
    if appointment_id is not None:
        row = _own(lead, appointment_id)
    elif external_ref:
        row = _by_external_ref(lead, external_ref)
    elif scheduled_for is not None:
        row = open_appointments(lead).filter(scheduled_for=scheduled_for).first()
    else:
        row = None
    if row is None and scheduled_for is None:
        raise LeadError(
            _("An appointment is needed: say when it is."),
            errors=[("appointment.scheduled_for", "required", _("Say when the visit is."))],
        )
    before = (row.status, row.scheduled_for, row.location) if row else None
    if row is None:
        row = Appointment(
            workspace_id=lead.workspace_id,
            lead=lead,
            external_ref=external_ref,
            matched_via=matched_via,
        )
    row.scheduled_for = scheduled_for or row.scheduled_for
    row.location = location or row.location
    row.status = Appointment.Status.SCHEDULED
    changed = before != (row.status, row.scheduled_for, row.location)
    if changed:
        row.save()
    open_appointments(lead).exclude(pk=row.pk).update(status=Appointment.Status.CANCELED)
    return row, changed


def _own(lead: Lead, appointment_id: UUID) -> Appointment:
    row = Appointment.objects.in_workspace(lead.workspace_id).filter(pk=appointment_id).first()
    if row is None or row.lead_id != lead.pk:
        message = _("This lead has no appointment with that id.")
        raise LeadError(message, errors=[("appointment_id", "not_found", message)])
    if row.status == Appointment.Status.ATTENDED:
        raise Conflict(_("This appointment was attended already; make a new one."))
    return row


def _by_external_ref(lead: Lead, external_ref: str) -> Appointment | None:
    row = (
        Appointment.objects.in_workspace(lead.workspace_id)
        .filter(external_ref=external_ref)
        .first()
    )
    if row is not None and row.lead_id != lead.pk:
        raise external_ref_taken(external_ref)
    return row


def external_ref_taken(external_ref: str) -> Conflict:
    return Conflict(
        _("The external reference “%(ref)s” belongs to another appointment.")
        % {"ref": external_ref},
        code="external_ref_taken",
    )


def mark_attended(lead: Lead) -> None:
    """The visit took place: the soonest appointment was it."""
    row = open_appointments(lead).first()
    if row is not None:
        row.status = Appointment.Status.ATTENDED
        row.save(update_fields=["status", "updated_at"])
    cancel_open(lead)


def cancel_open(lead: Lead) -> None:
    """Nothing more of this lead is on the calendar."""
    open_appointments(lead).update(status=Appointment.Status.CANCELED, updated_at=timezone.now())


def cancel_open_of(lead_ids: Collection[UUID], *, workspace_id: UUID) -> None:
    """`cancel_open` for many leads of one workspace."""
    rows = Appointment.objects.in_workspace(workspace_id).filter(lead__in=lead_ids)
    rows.filter(status=Appointment.Status.SCHEDULED).update(
        status=Appointment.Status.CANCELED, updated_at=timezone.now()
    )


def reinstate(lead: Lead) -> None:
    """A scheduled lead that was lost and is reopened has its appointment again."""
    if lead.status != Status.SCHEDULED:
        return
    row = (
        Appointment.objects.in_workspace(lead.workspace_id)
        .filter(lead=lead, status=Appointment.Status.CANCELED)
        .order_by("-updated_at", "-id")
        .first()
    )
    if row is not None:
        row.status = Appointment.Status.SCHEDULED
        row.save(update_fields=["status", "updated_at"])


def statuses(lead: Lead) -> dict[str, str]:
    """Where each of the lead's appointments stands, by id."""
    rows = Appointment.objects.in_workspace(lead.workspace_id).filter(lead=lead)
    return {str(pk): status for pk, status in rows.values_list("pk", "status")}


def restore(lead: Lead, before: Mapping[str, str]) -> None:
    """Each appointment is where it was; one that was not there is taken off the calendar."""
    for row in Appointment.objects.in_workspace(lead.workspace_id).filter(lead=lead):
        status = before.get(str(row.pk), Appointment.Status.CANCELED)
        if row.status != status:
            row.status = status
            row.save(update_fields=["status", "updated_at"])
