"""Taking back a move of the board within seconds, by the person who made it.

A slip is undone as if it had not happened: stage, dates, counts and calendar are what they were.
The timeline keeps both, the move and that it was taken back. What the move had started in other
parts is withdrawn by them in the same transaction, or they refuse, and the move stays.

What to restore travels with the page, signed: it is needed for seconds, and nobody else may know
when the time is over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from leads.diary import bookings
from leads.errors import Conflict
from leads.locking import locked
from leads.models import Interaction, InteractionType, Lead
from leads.transitions import BOARD, UNDO_FOR, UNDO_SLACK, state_of, take_back

_SALT = "leads.undoing"

# Takes the locked lead, the move and its time. Withdraws what came of it, or raises `Conflict`.
Withdrawal = Callable[[Lead, str, datetime], None]
_withdrawals: list[Withdrawal] = []


def register_withdrawal(withdrawal: Withdrawal) -> None:
    """Let another part of Leadloop withdraw what it started because of a move, or refuse."""
    if withdrawal not in _withdrawals:
        _withdrawals.append(withdrawal)


@dataclass(frozen=True)
class Made:
    """A move that was made; `undo` takes it back for `UNDO_FOR`, empty when nothing moved."""

    lead: Lead
    undo: str


def make(lead: Lead | UUID, *, actor: Actor, move: Callable[[Actor], Lead]) -> Made:
    """Make a move through the board: `move` calls the verb with the actor it is given.

    Raises what the verb raises.
    """
    with locked(lead, actor=actor) as row:
        before, appointments = state_of(row), bookings.statuses(row)
        moved = move(actor.through(BOARD))
        if moved.status == before["status"]:
            return Made(moved, "")
        entry = (
            Interaction.objects.in_workspace(row.workspace_id)
            .filter(lead=row, type=InteractionType.STATUS_CHANGE)
            .order_by("-id")[0]
        )
        memory = {
            "lead": str(row.pk),
            "person": _person(actor),
            "move": entry.payload["move"],
            "at": entry.payload["at"],
            "left": moved.updated_at.isoformat(),
            "before": {name: _text(value) for name, value in before.items()},
            "appointments": appointments,
        }
        return Made(moved, signing.dumps(memory, salt=_SALT, compress=True))


def undo(memory: str, *, actor: Actor) -> Lead:
    """Take the move back that `make` remembers.

    Raises `Conflict` when the time is over, somebody else made the move, something happened to the
    lead since, or something of the move has left the house.
    """
    known = _read(memory)
    if known["person"] != _person(actor):
        raise Conflict(_("Only who made a move can take it back."), code="not_yours")
    with locked(UUID(known["lead"]), actor=actor) as row:
        if row.updated_at.isoformat() != known["left"]:
            raise Conflict(
                _("Something else happened to this lead since, so the move stays."),
                code="changed_since",
            )
        at = datetime.fromisoformat(known["at"])
        for withdrawal in _withdrawals:
            withdrawal(row, known["move"], at)
        bookings.restore(row, known["appointments"])
        columns = {field.name: field for field in Lead._meta.concrete_fields}
        before = {name: columns[name].to_python(value) for name, value in known["before"].items()}
        take_back(row, before, actor=actor, at=timezone.now(), undone=known["move"])
        return row


def _read(memory: str) -> dict[str, Any]:
    try:
        known: dict[str, Any] = signing.loads(memory, salt=_SALT, max_age=UNDO_FOR + UNDO_SLACK)
    except signing.BadSignature as error:
        message = _("The time to take this move back is over. Move the lead instead.")
        raise Conflict(message, code="too_late") from error
    return known


def _person(actor: Actor) -> str:
    return str(actor.user.pk) if actor.user is not None else ""


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
