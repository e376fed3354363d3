"""The outbox of the last days: delivered long ago, but for a few that need a person."""

from datetime import timedelta

from accounts.bulk import insert_rows
from config.demo.stories import Cast
from integrations.models import OutboxEvent
from leads.models import Interaction, InteractionType, Lead
from leads.recording import build_event
from leads.transitions import MOVES

_KEPT = timedelta(days=2)
_SET_ASIDE = 2
_ERROR = "OperationalError: canceling statement due to lock timeout"


def load(cast: Cast) -> None:
    """One event for each status change of the last days."""
    changes = [
        row
        for row in cast.rows.interactions
        if row.type == InteractionType.STATUS_CHANGE and row.at > cast.now - _KEPT
    ]
    recent = Lead.objects.in_workspace(cast.workspace.pk).for_list()
    leads = recent.in_bulk({row.lead_id for row in changes})
    events = [_event(row, leads[row.lead_id]) for row in changes]
    # Moves that no rule listens to: replaying them sends nothing anywhere.
    harmless = [event for event in events if event.type == MOVES["contact"].event]
    for event in harmless[:_SET_ASIDE]:
        event.set_aside_at = event.processed_at
        event.processed_at = None
        event.attempts = 8
        event.last_error = _ERROR
    insert_rows(events)


def _event(row: Interaction, lead: Lead) -> OutboxEvent:
    event = build_event(lead, event=MOVES[row.payload["move"]].event, change=row.payload)
    event.created_at = row.at
    event.processed_at = row.at + timedelta(seconds=2)
    event.attempts = 1
    return event
