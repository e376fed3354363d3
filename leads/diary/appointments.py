"""What a person or a calendar does with an appointment; its status moves the lead."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from leads import lifecycle
from leads.diary.bookings import external_ref_taken, open_appointments
from leads.errors import Conflict, LeadError
from leads.locking import locked
from leads.models import Appointment, InteractionType, Lead, Status
from leads.recording import add_interaction, save_and_tell


class AppointmentNotFound(LeadError):
    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no such appointment, or it is not yours to see.")


def add(
    lead: Lead | UUID,
    *,
    actor: Actor,
    scheduled_for: datetime,
    status: str = Appointment.Status.SCHEDULED,
    external_ref: str = "",
    location: str = "",
    matched_via: str = Appointment.MatchedVia.MANUAL,
) -> tuple[Appointment, bool]:
    """Put a visit on the calendar, or with another status write down how one went.

    Returns it, and whether it is new: the same again finds the one that is there.
    """
    with locked(lead, actor=actor) as row:
        known = set(row.appointments.values_list("pk", flat=True))
        lifecycle.schedule(
            row,
            actor=actor,
            scheduled_for=scheduled_for,
            external_ref=external_ref,
            location=location,
            matched_via=matched_via,
        )
        # Scheduling leaves one on the calendar, whatever was there before.
        booked = open_appointments(row).get()
        if status != booked.status:
            booked = change(booked.pk, actor=actor, status=status)
        return booked, booked.pk not in known


def change(
    appointment_id: UUID,
    *,
    actor: Actor,
    status: str | None = None,
    scheduled_for: datetime | None = None,
    location: str | None = None,
    external_ref: str | None = None,
    matched_via: str | None = None,
) -> Appointment:
    """Change an appointment: attended completes the lead, no-show and cancelled put it back.

    A new time on a cancelled or missed one puts it on the calendar again. Raises `Conflict` for an
    `external_ref` that another appointment has, and for an attended one that is to be another.
    """
    found = Appointment.objects.filter(pk=appointment_id).first()
    if found is None:
        raise AppointmentNotFound
    with locked(found.lead_id, actor=actor) as lead:
        # Read again under the lead's lock, which every change of its appointments holds.
        row = Appointment.objects.get(pk=appointment_id)
        _describe(row, location=location, external_ref=external_ref, matched_via=matched_via)
        reopened = status == Appointment.Status.SCHEDULED and row.status != status
        moved = scheduled_for is not None and scheduled_for != row.scheduled_for
        if moved or reopened:
            lifecycle.schedule(
                lead, actor=actor, appointment_id=row.pk, scheduled_for=scheduled_for
            )
            row.refresh_from_db()
        if status is not None and status not in (row.status, Appointment.Status.SCHEDULED):
            _set_status(row, lead.pk, actor=actor, status=status)
        return row


def _describe(row: Appointment, **facts: str | None) -> None:
    """Set what says where the visit is and where it is known from; None leaves a fact alone."""
    changed = [
        name for name, fact in facts.items() if fact is not None and fact != getattr(row, name)
    ]
    for name in changed:
        setattr(row, name, facts[name])
    if changed:
        try:
            with transaction.atomic():
                row.save(update_fields=[*changed, "updated_at"])
        except IntegrityError as error:
            raise external_ref_taken(row.external_ref) from error


def set_status(appointment_id: UUID, *, actor: Actor, status: str) -> Appointment:
    """Attended, no-show or cancelled, in one step."""
    return change(appointment_id, actor=actor, status=status)


def _set_status(row: Appointment, lead_id: UUID, *, actor: Actor, status: str) -> None:
    if row.status == Appointment.Status.ATTENDED:
        raise Conflict(_("This appointment was attended already; that cannot be taken back."))
    row.status = status
    row.save(update_fields=["status", "updated_at"])
    with locked(lead_id, actor=actor) as lead:
        details = {"appointment_id": str(row.pk), "appointment_status": status}
        attended = status == Appointment.Status.ATTENDED
        now = timezone.now()
        if attended and lead.status in lifecycle.MOVES["complete"].sources:
            lifecycle.perform(lead, "complete", actor=actor, at=now, details=details)
        elif not attended and _nothing_planned(lead):
            lifecycle.unschedule(lead, actor=actor, at=now, details=details)
        else:
            payload = {"step": "appointment", **details}
            add_interaction(
                lead, actor=actor, type=InteractionType.SYSTEM_AUTO, at=now, payload=payload
            )
            save_and_tell(lead, event="lead.appointment_changed", change=details)


def _nothing_planned(lead: Lead) -> bool:
    return lead.status == Status.SCHEDULED and not open_appointments(lead).exists()
