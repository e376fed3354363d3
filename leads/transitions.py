"""The lifecycle's one table and the one function that performs its moves.

`perform` works on a locked lead and writes the lead, its status-change interaction and its outbox
event in the caller's transaction. The verbs of `leads.lifecycle` are its doors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from accounts.bulk import insert_rows, update_rows
from integrations import outbox
from integrations.models import OutboxEvent
from leads.errors import Conflict, IllegalMove
from leads.models import Interaction, InteractionType, Lead, Status
from leads.recording import add_interaction, build_interaction, save_and_tell, stamp_and_tell

BEFORE_QUALIFIED = frozenset({Status.NEW, Status.ENRICHED, Status.CONTACTED, Status.CONVERSING})
_OPEN = BEFORE_QUALIFIED | {Status.QUALIFIED, Status.SCHEDULED}


@dataclass(frozen=True)
class Move:
    """From where a move is legal, where it leads ("": back), and what it is called."""

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
    "qualify": Move(BEFORE_QUALIFIED, Status.QUALIFIED, "lead.qualified", gettext_lazy("Qualify")),
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

# Every column a move may write.
MOVED_FIELDS = [
    "status",
    "status_changed_at",
    *_REACHED_AT.values(),
    "scheduled_from",
    "lost_from",
    "loss_reason",
    "unqualified_reason",
    "last_activity_at",
    "auto_close_alarm_at",
    "updated_at",
]
# Beside a move's own columns, what a contact or a reply that made the move counts.
_COUNTED_FIELDS = [
    "first_contacted_at",
    "last_contacted_at",
    "last_contact_method",
    "contact_count",
    "last_response_at",
    "response_count",
]
# What taking a move back restores; the alarm follows from it.
_RESTORED_FIELDS = [
    *(name for name in MOVED_FIELDS if name not in ("auto_close_alarm_at", "updated_at")),
    *_COUNTED_FIELDS,
]

# The door whose moves can be taken back (`leads.undoing`), and for how long.
BOARD = "board"
UNDO_FOR = timedelta(seconds=8)
# The click that came in time still has to arrive.
UNDO_SLACK = timedelta(seconds=4)


def allowed_transitions(lead: Lead) -> list[str]:
    """The moves a person may make from where the lead is."""
    return [
        name for name, move in MOVES.items() if lead.status in move.sources and name != "unschedule"
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


def illegal(lead: Lead, move: str) -> IllegalMove:
    """The error that says why not, and what is possible instead."""
    return IllegalMove(
        _("“%(move)s” is not possible. %(why)s")
        % {"move": MOVES[move].label, "why": why_not(lead, move)},
        allowed=allowed_transitions(lead),
    )


def is_repeat(lead: Lead, name: str) -> bool:
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
    change = _step(lead, name, at=at, details=details)
    if actor.via == BOARD:
        # Who hears of it does nothing irrevocable before.
        change["undoable_until"] = (timezone.now() + UNDO_FOR + UNDO_SLACK).isoformat()
    add_interaction(
        lead,
        actor=actor,
        type=InteractionType.STATUS_CHANGE,
        at=at,
        payload=change | ({"notes": notes} if notes else {}),
    )
    _save_open_once(lead, event=MOVES[name].event, change=change)


def state_of(lead: Lead) -> dict[str, Any]:
    """What a move may change, for `take_back`."""
    return {name: getattr(lead, name) for name in _RESTORED_FIELDS}


def take_back(
    lead: Lead, before: Mapping[str, Any], *, actor: Actor, at: datetime, undone: str
) -> None:
    """Put a locked lead back into the state before its last move, and write that this was done.

    This is no move of the table: it says that the move `undone` was a slip. `leads.undoing` sees to
    it that nothing came of the move yet.
    """
    change = {
        "move": "undo",
        "undone": undone,
        "from": lead.status,
        "to": before["status"],
        **_times(lead, at),
    }
    add_interaction(
        lead, actor=actor, type=InteractionType.STATUS_CHANGE, at=at, payload=dict(change)
    )
    for name in _RESTORED_FIELDS:
        setattr(lead, name, before[name])
    _save_open_once(lead, event="lead.move_undone", change=change)


def _save_open_once(lead: Lead, *, event: str, change: dict[str, Any]) -> None:
    """Save and tell; `Conflict` where the contact has another open lead."""
    try:
        with transaction.atomic():
            save_and_tell(lead, event=event, change=change)
    except IntegrityError as error:
        if "lead_one_open_per_contact" not in str(error):
            raise
        raise Conflict(
            _("This contact has another open lead. Work on that one, or close it first."),
            code="open_lead_exists",
        ) from error


def plan_move(
    lead: Lead,
    name: str,
    *,
    actor: Actor,
    at: datetime,
    notes: str = "",
    details: Mapping[str, Any] | None = None,
    form: Mapping[str, Any] | None = None,
) -> tuple[Interaction, OutboxEvent]:
    """Make a move of a locked lead in memory; returns what has to be written with it.

    The caller writes leads (`MOVED_FIELDS`), entries and events of many moves together, and may
    bring the `form` of a lead of which it loaded but a part. Raises `IllegalMove`.
    """
    change = _step(lead, name, at=at, details=details)
    entry = build_interaction(
        lead,
        actor=actor,
        type=InteractionType.STATUS_CHANGE,
        at=at,
        payload=change | ({"notes": notes} if notes else {}),
    )
    return entry, stamp_and_tell(lead, event=MOVES[name].event, change=change, form=form)


def perform_many(
    leads: Sequence[Lead],
    name: str,
    *,
    actor: Actor,
    at: datetime,
    notes: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """`perform` for many locked leads (at least one) of one workspace, in three statements.

    For sweeps and bulk work; a property test holds it equal to `perform`, lead by lead.
    """
    moves = [
        plan_move(lead, name, actor=actor, at=at, notes=notes, details=details) for lead in leads
    ]
    update_rows(leads, MOVED_FIELDS, workspace_id=leads[0].workspace_id)
    insert_rows([entry for entry, _event in moves])
    outbox.emit_many([event for _entry, event in moves])


def _step(
    lead: Lead, name: str, *, at: datetime, details: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Set on the lead what the move changes; returns what the timeline and the news say of it."""
    move = MOVES[name]
    if lead.status not in move.sources:
        raise illegal(lead, name)
    before = lead.status
    target = move.target or (lead.lost_from if name == "reopen" else lead.scheduled_from)
    change = {
        "move": name,
        "from": before,
        "to": target,
        **_times(lead, at),
        **(details or {}),
    }
    _enter(lead, name, before=before, target=target, at=at)
    return change


def _times(lead: Lead, at: datetime) -> dict[str, Any]:
    """When the lead leaves its status, and after how long there and in all."""
    return {
        "at": at.isoformat(),
        "seconds_in_status": max(0, round((at - lead.status_changed_at).total_seconds())),
        "seconds_since_created": max(0, round((at - lead.created_at).total_seconds())),
    }


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
