"""Verbs for many leads at once: taking hold of them, and what came of each.

The set-based form of a verb stands beside it and answers `Done`; a test holds the two equal, lead
by lead. Whatever is refused is refused for that lead alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from accounts.bulk import insert_rows, update_rows
from accounts.problems import ProblemError
from integrations import outbox
from leads.errors import LeadNotFound
from leads.locking import held
from leads.models import InteractionType, Lead
from leads.recording import build_interaction, stamp_and_tell


@dataclass
class Done:
    """Each lead that was named is in one of the three."""

    changed: list[UUID] = field(default_factory=list)
    unchanged: list[UUID] = field(default_factory=list)
    refused: dict[UUID, ProblemError] = field(default_factory=dict)

    def refuse_missing(self, lead_ids: Sequence[UUID], rows: Sequence[Lead]) -> None:
        """Those of which no row was found are not there, or not the actor's to see."""
        found = {row.pk for row in rows}
        self.refused |= {pk: LeadNotFound() for pk in lead_ids if pk not in found}


def take_hold(lead_ids: Sequence[UUID], *, actor: Actor) -> tuple[list[Lead], Done]:
    """These leads as far as the actor sees them, locked with their contacts; the rest is refused.

    In one order, so that two who take hold of many cannot wait for each other.
    """
    rows = list(held(actor).filter(pk__in=lead_ids).order_by("id"))
    done = Done()
    done.refuse_missing(lead_ids, rows)
    return rows, done


def note_many(
    leads: Sequence[Lead], *, actor: Actor, step: str, writes: Sequence[str] = (), **details: Any
) -> None:
    """Save these columns of locked leads of one workspace, each with its entry and its news."""
    if not leads:
        return
    now = timezone.now()
    change = {"step": step, **details}
    entries, events = [], []
    for lead in leads:
        entries.append(
            build_interaction(
                lead, actor=actor, type=InteractionType.SYSTEM_AUTO, at=now, payload=change
            )
        )
        events.append(stamp_and_tell(lead, event=f"lead.{step}", change=change))
    columns = [*writes, "last_activity_at", "auto_close_alarm_at", "updated_at"]
    update_rows(leads, columns, workspace_id=leads[0].workspace_id)
    insert_rows(entries)
    outbox.emit_many(events)
