"""Recording touchpoints by hand or for an outside system."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.actors import Actor
from leads import lifecycle
from leads.errors import LeadError
from leads.locking import locked
from leads.models import MANUAL_TYPES, Interaction, InteractionType, Lead
from leads.recording import add_interaction, moment, save_and_tell
from leads.tracking import CONTACT_TYPES


def record(
    lead: Lead | UUID,
    *,
    actor: Actor,
    type: str,
    platform: str = "",
    direction: str = "",
    at: datetime | None = None,
    payload: Mapping[str, Any] | None = None,
) -> Interaction:
    """Put a touchpoint on the timeline; calls and messages with a direction count as contact."""
    if type not in MANUAL_TYPES:
        message = _("Use one of: %(types)s.") % {"types": ", ".join(MANUAL_TYPES)}
        raise LeadError(message, errors=[("type", "invalid_choice", message)])
    when = moment(at)
    method, usual_direction = CONTACT_TYPES.get(type, ("", ""))
    direction = direction or usual_direction
    with locked(lead, actor=actor) as row:
        entry = add_interaction(
            row,
            actor=actor,
            type=type,
            platform=platform,
            direction=direction,
            at=when,
            payload=dict(payload or {}),
        )
        if method and direction:
            lifecycle.count_contact(row, actor=actor, method=method, direction=direction, at=when)
        else:
            save_and_tell(row, event="lead.interaction", change={"type": type, "at": when})
        return entry


def add_note(lead: Lead | UUID, *, actor: Actor, text: str) -> Interaction:
    """A note; an empty one is refused."""
    if not text.strip():
        message = _("Write something first.")
        raise LeadError(message, errors=[("text", "required", message)])
    return record(lead, actor=actor, type=InteractionType.NOTE, payload={"text": text.strip()})
