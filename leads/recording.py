"""Writing what happened to a lead: its timeline entry and its outbox event, beside the change.

Every verb ends here, inside its own transaction, so that no change is ever without either.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from integrations import outbox
from integrations.models import OutboxEvent
from leads import rendering
from leads.errors import LeadError
from leads.models import Interaction, InteractionType, Lead
from leads.scoring import heating
from leads.scoring.heat import TOUCHPOINTS
from leads.timers import alarm_for

# Clocks of outside systems run a little ahead of ours.
CLOCK_SKEW = timedelta(minutes=5)


def moment(at: datetime | None, *, field: str = "at", now: datetime | None = None) -> datetime:
    """When it happened: now unless told; what has not happened yet is refused."""
    now = now or timezone.now()
    if at is None:
        return now
    if at > now + CLOCK_SKEW:
        raise LeadError(
            _("The time lies in the future. Give the time at which it happened."),
            errors=[(field, "in_future", _("This must not lie in the future."))],
        )
    return at


def add_interaction(
    lead: Lead,
    *,
    actor: Actor,
    type: str,
    at: datetime,
    platform: str = "",
    direction: str = "",
    payload: dict[str, Any] | None = None,
) -> Interaction:
    """One entry of the timeline; its heat and the activity clock are set on `lead`, unsaved."""
    row = _interaction(
        lead,
        actor=actor,
        type=type,
        at=at,
        platform=platform,
        direction=direction,
        payload=payload,
    )
    row.save(force_insert=True)
    heating.warm(lead, row)
    return row


def build_interaction(
    lead: Lead, *, actor: Actor, type: str, at: datetime, payload: dict[str, Any] | None = None
) -> Interaction:
    """The same of a step that Leadloop takes by itself, for a caller who inserts many at once.

    Touchpoints heat, which takes queries: `add_interaction` puts them on the timeline.
    """
    if type in TOUCHPOINTS:
        raise ValueError(f"A {type} heats its lead; add_interaction records it.")
    return _interaction(lead, actor=actor, type=type, at=at, payload=payload)


def _interaction(
    lead: Lead,
    *,
    actor: Actor,
    type: str,
    at: datetime,
    platform: str = "",
    direction: str = "",
    payload: dict[str, Any] | None = None,
) -> Interaction:
    row = Interaction.unsaved(
        workspace_id=lead.workspace_id,
        lead_id=lead.pk,
        type=type,
        platform=platform,
        direction=direction,
        at=at,
        actor_user_id=actor.user.pk if actor.user else None,
        actor_label=actor.label,
        via=actor.via,
        payload=payload or {},
    )
    if type != InteractionType.STATUS_CHANGE or lead.is_open:
        lead.last_activity_at = max(lead.last_activity_at, at)
    return row


def save_and_tell(lead: Lead, *, event: str, change: dict[str, Any]) -> None:
    """Save the lead and write its event; `change` has what happened, durations and reasons."""
    lead.auto_close_alarm_at = alarm_for(lead)
    lead.save()
    outbox.emit_many([build_event(lead, event=event, change=change)])


def stamp_and_tell(
    lead: Lead, *, event: str, change: dict[str, Any], form: Mapping[str, Any] | None = None
) -> OutboxEvent:
    """The same for a caller who writes many: sets what follows from a change, returns the event."""
    lead.auto_close_alarm_at = alarm_for(lead)
    lead.updated_at = timezone.now()
    fresh = None if form is None else rendering.refreshed(form, lead)
    return build_event(lead, event=event, change=change, form=fresh)


def build_event(
    lead: Lead, *, event: str, change: dict[str, Any], form: dict[str, Any] | None = None
) -> OutboxEvent:
    """The news of a change, for `outbox.emit_many`.

    The lead is rendered as it is now, unless the caller has its `form`.
    """
    return OutboxEvent.unsaved(
        workspace_id=lead.workspace_id,
        type=event,
        subject_id=lead.pk,
        payload={
            "version": rendering.PAYLOAD_VERSION,
            "lead": rendering.lead(lead) if form is None else form,
            "change": change,
        },
    )
