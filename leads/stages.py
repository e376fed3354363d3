"""The stage bar: where a lead is, since when, how long each stage took, and what can be next."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from leads.errors import IllegalMove
from leads.lifecycle import allowed_transitions, why_not
from leads.models import Lead, Status

STAGES = tuple(status for status in Status if status is not Status.LOST)

# The move that leads to a stage; nothing leads back to new.
MOVE_TO = {
    Status.ENRICHED: "enrich",
    Status.CONTACTED: "contact",
    Status.CONVERSING: "converse",
    Status.QUALIFIED: "qualify",
    Status.SCHEDULED: "schedule",
    Status.COMPLETED: "complete",
    Status.CONVERTED: "convert",
}

_REACHED_AT = {
    Status.NEW: "created_at",
    Status.ENRICHED: "enriched_at",
    Status.CONTACTED: "first_contacted_at",
    Status.CONVERSING: "conversing_at",
    Status.QUALIFIED: "qualified_at",
    Status.SCHEDULED: "scheduled_at",
    Status.COMPLETED: "completed_at",
    Status.CONVERTED: "converted_at",
}


@dataclass(frozen=True)
class Stage:
    """One segment; `state` is done, skipped, current, lost or ahead."""

    status: Status
    state: str
    at: datetime | None = None
    lasted: timedelta | None = None
    move: str = ""
    why_not: str = ""


def stages(lead: Lead) -> list[Stage]:
    """The eight stages in order; a stage passed over counts as reached, without a date."""
    is_lost = lead.status == Status.LOST
    here = STAGES.index(Status((lead.lost_from or Status.NEW) if is_lost else lead.status))
    reached = [getattr(lead, _REACHED_AT[stage]) for stage in STAGES[: here + 1]]
    end = lead.lost_at if is_lost else timezone.now()
    result = []
    for position, stage in enumerate(STAGES):
        if position > here:
            move = MOVE_TO[stage]
            result.append(Stage(stage, "ahead", move=move, why_not=why_not(lead, move)))
            continue
        at = reached[position]
        later = [moment for moment in reached[position + 1 :] if moment and at and moment >= at]
        until = min(later, default=end if position == here else None)
        lasted = max(until - at, timedelta()) if at and until else None
        if position == here:
            state = "lost" if is_lost else "current"
        else:
            state = "done" if at else "skipped"
        result.append(Stage(stage, state, at=at, lasted=lasted))
    return result


def move_towards(lead: Lead, target: str) -> str:
    """The move that takes the lead to a status; raises `IllegalMove` when none ever does.

    Whether it may be made from where the lead is, its verb decides.
    """
    if target == Status.LOST:
        return "lose"
    if lead.status == Status.LOST:
        if target == lead.lost_from:
            return "reopen"
        message = _("A lost lead goes back to where it was lost, which is “%(status)s”.") % {
            "status": Status(lead.lost_from or Status.NEW).label
        }
        raise IllegalMove(message, allowed=allowed_transitions(lead))
    if target not in MOVE_TO:
        raise IllegalMove(_("No move leads back to “New”."), allowed=allowed_transitions(lead))
    return MOVE_TO[Status(target)]
