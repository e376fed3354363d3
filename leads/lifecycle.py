"""What can be done to a lead: one verb for each move, for whoever asks.

Page, API, admin action, webhook and timer call these. Each locks the row, asks the table of
`leads.transitions`, and writes everything in one transaction. The same move twice changes nothing;
a move the table does not know raises `IllegalMove`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

from accounts.actors import Actor
from leads import tracking
from leads.bulk.losing import lose, lose_many
from leads.diary import bookings, followups
from leads.locking import locked
from leads.models import Appointment, InteractionType, Lead, Status
from leads.people.enrichment import store_enrichment
from leads.recording import add_interaction, moment, save_and_tell
from leads.transitions import MOVES, allowed_transitions, illegal, is_repeat, perform, why_not

__all__ = [
    "MOVES",
    "allowed_transitions",
    "complete",
    "converse",
    "convert",
    "count_contact",
    "enrich",
    "log_contact",
    "lose",
    "lose_many",
    "mark_contacted",
    "perform",
    "qualify",
    "reopen",
    "schedule",
    "unschedule",
    "why_not",
]


class Circumstances(TypedDict, total=False):
    """What every plain move takes beside the lead and the actor.

    `at`: when it happened (now); `notes`: what the person adds; `expected_status`: what they saw,
    for `StaleLead` when it is not true any more.
    """

    at: datetime | None
    notes: str
    expected_status: str | None


def _move_unless_there(
    lead: Lead | UUID,
    name: str,
    *,
    actor: Actor,
    before: Callable[[Lead, datetime], None] | None = None,
    after: Callable[[Lead], None] | None = None,
    at: datetime | None = None,
    notes: str = "",
    expected_status: str | None = None,
) -> Lead:
    """One plain move with what belongs before and after it; nothing when this move was the last."""
    when = moment(at)
    with locked(lead, actor=actor, expected_status=expected_status) as row:
        if not is_repeat(row, name):
            if before is not None and row.status in MOVES[name].sources:
                before(row, when)
            perform(row, name, actor=actor, at=when, notes=notes)
            if after is not None:
                after(row)
        return row


def enrich(
    lead: Lead | UUID,
    *,
    actor: Actor,
    enrichment_data: Mapping[str, Any],
    at: datetime | None = None,
    expected_status: str | None = None,
) -> Lead:
    """Store enrichment; a new lead becomes enriched, a later one stays where it is.

    Fills the contact's blank e-mail and phone and never overwrites; a phone that cannot be parsed
    is kept as typed.
    """
    when = moment(at)
    with locked(lead, actor=actor, expected_status=expected_status) as row:
        is_known = all(row.enrichment_data.get(k) == v for k, v in enrichment_data.items())
        if is_known and row.status not in MOVES["enrich"].sources:
            return row
        store_enrichment(row, enrichment_data)
        if row.status in MOVES["enrich"].sources:
            perform(row, "enrich", actor=actor, at=when)
        else:
            add_interaction(
                row,
                actor=actor,
                type=InteractionType.SYSTEM_AUTO,
                at=when,
                payload={"step": "enriched", "fields": sorted(enrichment_data)},
            )
            save_and_tell(row, event="lead.enriched", change={"move": "", "at": when})
        return row


def log_contact(
    lead: Lead | UUID,
    *,
    actor: Actor,
    method: str,
    direction: str = "outbound",
    subject: str = "",
    notes: str = "",
    successful: bool | None = None,
    at: datetime | None = None,
    expected_status: str | None = None,
) -> Lead:
    """Log a contact attempt, or with direction `inbound` a reply.

    The first attempt moves a new or enriched lead to contacted, a reply moves an earlier one to
    conversing; later ones only count.
    """
    when = moment(at)
    tracking.check_method(method)
    with locked(lead, actor=actor, expected_status=expected_status) as row:
        payload: dict[str, Any] = {"method": method}
        payload |= {"subject": subject} if subject else {}
        payload |= {"notes": notes} if notes else {}
        payload |= {"successful": successful} if successful is not None else {}
        kind, platform = tracking.interaction_for(method, direction)
        add_interaction(
            row,
            actor=actor,
            type=kind,
            platform=platform,
            direction=direction,
            at=when,
            payload=payload,
        )
        count_contact(row, actor=actor, method=method, direction=direction, at=when)
        return row


def count_contact(lead: Lead, *, actor: Actor, method: str, direction: str, at: datetime) -> None:
    """Count an attempt or a reply on a locked lead, move it where the table says so, and tell."""
    name = "converse" if direction == "inbound" else "contact"
    if name == "converse":
        tracking.count_response(lead, at)
    else:
        tracking.count_attempt(lead, method=method, at=at)
    if lead.status in MOVES[name].sources:
        perform(lead, name, actor=actor, at=at, details={"method": method})
    else:
        event = "lead.responded" if name == "converse" else "lead.contact_logged"
        save_and_tell(lead, event=event, change={"method": method, "direction": direction})


def mark_contacted(
    lead: Lead | UUID,
    *,
    actor: Actor,
    method: str = "other",
    notes: str = "",
    at: datetime | None = None,
    expected_status: str | None = None,
) -> Lead:
    """The lead was contacted, by whatever means.

    Said of a contacted lead again, and nothing else with it, it is no news; with a method, notes or
    a time it is one more contact.
    """
    says_more = bool(notes) or at is not None or method != "other"
    with locked(lead, actor=actor, expected_status=expected_status) as row:
        if is_repeat(row, "contact") and not says_more:
            return row
        return log_contact(row, actor=actor, method=method, notes=notes, at=at)


def converse(
    lead: Lead | UUID,
    *,
    actor: Actor,
    **circumstances: Unpack[Circumstances],
) -> Lead:
    """A person says that the lead replied."""
    return _move_unless_there(
        lead, "converse", actor=actor, before=tracking.count_response, **circumstances
    )


def qualify(
    lead: Lead | UUID,
    *,
    actor: Actor,
    **circumstances: Unpack[Circumstances],
) -> Lead:
    """The lead meets the criteria."""
    return _move_unless_there(lead, "qualify", actor=actor, **circumstances)


def schedule(
    lead: Lead | UUID,
    *,
    actor: Actor,
    scheduled_for: datetime | None = None,
    external_ref: str = "",
    location: str = "",
    matched_via: str = Appointment.MatchedVia.MANUAL,
    appointment_id: UUID | None = None,
    notes: str = "",
    expected_status: str | None = None,
) -> Lead:
    """Put an appointment on the calendar; again is a reschedule, and is logged.

    Either `appointment_id` of the lead's own, or `scheduled_for` with what is known of it. The same
    appointment twice changes nothing.
    """
    when = moment(None)
    with locked(lead, actor=actor, expected_status=expected_status) as row:
        if row.status not in MOVES["schedule"].sources:
            raise illegal(row, "schedule")
        booked, changed = bookings.book(
            row,
            scheduled_for=scheduled_for,
            external_ref=external_ref,
            location=location,
            matched_via=matched_via,
            appointment_id=appointment_id,
        )
        details = {
            "appointment_id": str(booked.pk),
            "scheduled_for": booked.scheduled_for.isoformat(),
        }
        if row.status != Status.SCHEDULED:
            perform(row, "schedule", actor=actor, at=when, notes=notes, details=details)
        elif changed:
            payload = {"step": "rescheduled", **details}
            add_interaction(
                row, actor=actor, type=InteractionType.SYSTEM_AUTO, at=when, payload=payload
            )
            save_and_tell(row, event="lead.rescheduled", change=details)
        return row


def unschedule(lead: Lead, *, actor: Actor, at: datetime, details: Mapping[str, Any]) -> None:
    """Put a locked lead back to where it was before scheduling (no-show, cancelled)."""
    perform(lead, "unschedule", actor=actor, at=at, details=details)


def complete(
    lead: Lead | UUID,
    *,
    actor: Actor,
    **circumstances: Unpack[Circumstances],
) -> Lead:
    """The visit took place; the next appointment on the calendar counts as attended."""
    return _move_unless_there(
        lead, "complete", actor=actor, after=bookings.mark_attended, **circumstances
    )


def convert(
    lead: Lead | UUID,
    *,
    actor: Actor,
    **circumstances: Unpack[Circumstances],
) -> Lead:
    """The deal is closed; normally done by logging a conversion."""
    return _move_unless_there(lead, "convert", actor=actor, **circumstances)


def reopen(
    lead: Lead | UUID,
    *,
    actor: Actor,
    **circumstances: Unpack[Circumstances],
) -> Lead:
    """Take up a lost lead where it was lost, with its appointment and tasks; timers start again."""
    return _move_unless_there(lead, "reopen", actor=actor, after=_reinstate, **circumstances)


def _reinstate(lead: Lead) -> None:
    bookings.reinstate(lead)
    followups.take_up_again(lead)
