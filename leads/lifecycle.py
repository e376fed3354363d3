"""The lifecycle of a lead: one table and one function decide and perform every move.

Whoever asks (page, API, admin action, webhook, timer): the row is locked, the table is asked, and
the lead, its status-change interaction and its outbox event are written in one transaction. The
same move twice changes nothing; a move the table does not know raises `IllegalMove`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from leads import bookings, tracking
from leads.enrichment import store_enrichment
from leads.errors import Conflict, IllegalMove, LeadError
from leads.locking import locked
from leads.models import Appointment, InteractionType, Lead, Reason, Status
from leads.recording import add_interaction, moment, save_and_tell

_BEFORE_QUALIFIED = frozenset(
    {Status.NEW, Status.ENRICHED, Status.CONTACTED, Status.CONVERSING}
)
_OPEN = _BEFORE_QUALIFIED | {Status.QUALIFIED, Status.SCHEDULED}


@dataclass(frozen=True)
class Move:
    """From where a move is legal, where it leads ("" = where the lead came from), what it is called."""

    sources: frozenset[str]
    target: str
    event: str
    label: Any


MOVES: Mapping[str, Move] = {
    "enrich": Move(
        frozenset({Status.NEW}), Status.ENRICHED, "lead.enriched", gettext_lazy("Mark enriched")
    ),
    "contact": Move(
        frozenset({Status.NEW, Status.ENRICHED}),
        Status.CONTACTED,
        "lead.contacted",
        gettext_lazy("Mark contacted"),
    ),
    "converse": Move(
        frozenset({Status.NEW, Status.ENRICHED, Status.CONTACTED}),
        Status.CONVERSING,
        "lead.conversing",
        gettext_lazy("Mark conversing"),
    ),
    "qualify": Move(
        _BEFORE_QUALIFIED, Status.QUALIFIED, "lead.qualified", gettext_lazy("Qualify")
    ),
    "schedule": Move(_OPEN, Status.SCHEDULED, "lead.scheduled", gettext_lazy("Schedule")),
    "complete": Move(
        frozenset({Status.QUALIFIED, Status.SCHEDULED}),
        Status.COMPLETED,
        "lead.completed",
        gettext_lazy("Complete"),
    ),
    "convert": Move(
        _OPEN | {Status.COMPLETED}, Status.CONVERTED, "lead.converted", gettext_lazy("Convert")
    ),
    "lose": Move(_OPEN, Status.LOST, "lead.lost", gettext_lazy("Mark lost")),
    "reopen": Move(frozenset({Status.LOST}), "", "lead.reopened", gettext_lazy("Reopen")),
    # Not offered to anybody: a no-show or a cancelled appointment does it.
    "unschedule": Move(
        frozenset({Status.SCHEDULED}), "", "lead.unscheduled", gettext_lazy("Take off the calendar")
    ),
}

# When a lead reached a status, by column; the others have only `status_changed_at`.
_REACHED_AT = {
    Status.ENRICHED: "enriched_at",
    Status.CONVERSING: "conversing_at",
    Status.QUALIFIED: "qualified_at",
    Status.SCHEDULED: "scheduled_at",
    Status.COMPLETED: "completed_at",
    Status.CONVERTED: "converted_at",
    Status.LOST: "lost_at",
}


def allowed_transitions(lead: Lead) -> list[str]:
    """The moves a person may make from where the lead is."""
    return [
        name
        for name, move in MOVES.items()
        if lead.status in move.sources and name != "unschedule"
    ]


def why_not(lead: Lead, move: str) -> str:
    """Why a move is not possible now, for a disabled button; empty when it is."""
    if lead.status in MOVES[move].sources:
        return ""
    sources = [str(Status(source).label) for source in Status if source in MOVES[move].sources]
    return _("Possible from: %(sources)s. This lead is “%(status)s”.") % {
        "sources": ", ".join(sources),
        "status": Status(lead.status).label,
    }


def _illegal(lead: Lead, move: str) -> IllegalMove:
    return IllegalMove(
        _("“%(move)s” is not possible. %(why)s")
        % {"move": MOVES[move].label, "why": why_not(lead, move)},
        allowed=allowed_transitions(lead),
    )


def _is_repeat(lead: Lead, name: str) -> bool:
    """Whether the lead is where this very move left it."""
    if name == "reopen":
        return lead.status == lead.lost_from
    return lead.status == MOVES[name].target


def perform(
    lead: Lead,
    name: str,
    *,
    actor: Actor,
    at: datetime,
    notes: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Make one legal move of a locked lead and write everything that belongs to it.

    `details` join the payload of the interaction and of the event. Raises `IllegalMove`.
    """
    move = MOVES[name]
    if lead.status not in move.sources:
        raise _illegal(lead, name)
    before = lead.status
    target = move.target or (lead.lost_from if name == "reopen" else lead.scheduled_from)
    change = {
        "move": name,
        "from": before,
        "to": target,
        "at": at.isoformat(),
        "seconds_in_status": max(0, round((at - lead.status_changed_at).total_seconds())),
        "seconds_since_created": max(0, round((at - lead.created_at).total_seconds())),
        **(details or {}),
    }
    _enter(lead, name, before=before, target=target, at=at)
    add_interaction(
        lead,
        actor=actor,
        type=InteractionType.STATUS_CHANGE,
        at=at,
        payload=change | ({"notes": notes} if notes else {}),
    )
    try:
        with transaction.atomic():
            save_and_tell(lead, event=move.event, change=change)
    except IntegrityError as error:
        if "lead_one_open_per_contact" not in str(error):
            raise
        raise Conflict(
            _("This contact has another open lead. Work on that one, or close it first."),
            code="open_lead_exists",
        ) from error


def _enter(lead: Lead, name: str, *, before: str, target: str, at: datetime) -> None:
    lead.status = target
    lead.status_changed_at = at
    if name != "reopen" and name != "unschedule" and target in _REACHED_AT:
        setattr(lead, _REACHED_AT[Status(target)], at)
    if name == "lose":
        lead.lost_from = before
    elif name == "reopen":
        lead.lost_at = None
        lead.loss_reason = lead.unqualified_reason = ""
        # The clock of the timers starts again.
        lead.last_activity_at = max(lead.last_activity_at, at)
    else:
        lead.lost_from = ""
    if name == "schedule":
        lead.scheduled_from = before


def _simple_move(
    lead: Lead | UUID,
    name: str,
    *,
    actor: Actor,
    at: datetime | None,
    notes: str,
    expected_status: str | None,
) -> Lead:
    when = moment(at)
    with locked(lead, actor=actor, expected_status=expected_status) as row:
        if not _is_repeat(row, name):
            perform(row, name, actor=actor, at=when, notes=notes)
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


def count_contact(
    lead: Lead, *, actor: Actor, method: str, direction: str, at: datetime
) -> None:
    """Count an attempt or a reply on a locked lead, move it where the table says so, and tell."""
    name = "converse" if direction == "inbound" else "contact"
    if name == "converse":
        tracking.count_response(lead, at=at)
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
    """The lead was contacted, by whatever means."""
    return log_contact(
        lead, actor=actor, method=method, notes=notes, at=at, expected_status=expected_status
    )


def converse(
    lead: Lead | UUID,
    *,
    actor: Actor,
    at: datetime | None = None,
    notes: str = "",
    expected_status: str | None = None,
) -> Lead:
    """A person says that the lead replied."""
    when = moment(at)
    with locked(lead, actor=actor, expected_status=expected_status) as row:
        if not _is_repeat(row, "converse"):
            tracking.count_response(row, at=when)
            perform(row, "converse", actor=actor, at=when, notes=notes)
        return row


def qualify(
    lead: Lead | UUID,
    *,
    actor: Actor,
    at: datetime | None = None,
    notes: str = "",
    expected_status: str | None = None,
) -> Lead:
    """The lead meets the criteria."""
    return _simple_move(
        lead, "qualify", actor=actor, at=at, notes=notes, expected_status=expected_status
    )


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
            raise _illegal(row, "schedule")
        booked, changed = bookings.book(
            row,
            scheduled_for=scheduled_for,
            external_ref=external_ref,
            location=location,
            matched_via=matched_via,
            appointment_id=appointment_id,
        )
        details = {"appointment_id": str(booked.pk), "scheduled_for": booked.scheduled_for.isoformat()}
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
    at: datetime | None = None,
    notes: str = "",
    expected_status: str | None = None,
) -> Lead:
    """The visit took place; the next appointment on the calendar counts as attended."""
    when = moment(at)
    with locked(lead, actor=actor, expected_status=expected_status) as row:
        if not _is_repeat(row, "complete"):
            perform(row, "complete", actor=actor, at=when, notes=notes)
            bookings.mark_attended(row)
        return row


def convert(
    lead: Lead | UUID,
    *,
    actor: Actor,
    at: datetime | None = None,
    notes: str = "",
    expected_status: str | None = None,
) -> Lead:
    """The deal is closed; normally done by logging a conversion."""
    return _simple_move(
        lead, "convert", actor=actor, at=at, notes=notes, expected_status=expected_status
    )


def lose(
    lead: Lead | UUID,
    *,
    actor: Actor,
    loss_reason: str,
    unqualified_reason: str = "",
    notes: str = "",
    at: datetime | None = None,
    expected_status: str | None = None,
) -> Lead:
    """Close the lead as lost, with a reason; one that was never qualified says why it was not."""
    when = moment(at)
    with locked(lead, actor=actor, expected_status=expected_status) as row:
        if _is_repeat(row, "lose"):
            return row
        if row.status not in MOVES["lose"].sources:
            raise _illegal(row, "lose")
        never_qualified = row.qualified_at is None and row.status in _BEFORE_QUALIFIED
        if never_qualified and not unqualified_reason:
            raise LeadError(
                _("This lead was never qualified: say why it was not."),
                errors=[("unqualified_reason", "required", _("Choose an unqualified reason."))],
            )
        _check_reason(row, Reason.Kind.LOSS, "loss_reason", loss_reason)
        if unqualified_reason:
            _check_reason(row, Reason.Kind.UNQUALIFIED, "unqualified_reason", unqualified_reason)
        row.loss_reason = loss_reason
        row.unqualified_reason = unqualified_reason
        perform(
            row,
            "lose",
            actor=actor,
            at=when,
            notes=notes,
            details={"loss_reason": loss_reason, "unqualified_reason": unqualified_reason},
        )
        bookings.cancel_open(row)
        return row


def _check_reason(lead: Lead, kind: str, field: str, code: str) -> None:
    known = dict(Reason.objects.choices_for(lead.workspace_id, kind))
    if code not in known:
        message = _("“%(code)s” is not one of this workspace's reasons: %(known)s.") % {
            "code": code,
            "known": ", ".join(known),
        }
        raise LeadError(message, errors=[(field, "unknown_reason", message)])


def reopen(
    lead: Lead | UUID,
    *,
    actor: Actor,
    at: datetime | None = None,
    notes: str = "",
    expected_status: str | None = None,
) -> Lead:
    """Take up a lost lead where it was lost; the timers start again."""
    return _simple_move(
        lead, "reopen", actor=actor, at=at, notes=notes, expected_status=expected_status
    )
