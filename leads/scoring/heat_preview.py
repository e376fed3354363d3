"""What other rules of heat would make of the leads there are, before anybody saves them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.actors import Actor
from accounts.permissions import Permission
from leads.models import OPEN_STATUSES, Heat, Lead
from leads.scoring import heat_settings, heating

# So many of the newest open leads are looked at: all of most workspaces, and enough of any.
SAMPLE = 10_000
EXAMPLES = 8


@dataclass(frozen=True)
class Moved:
    """A lead that other rules would put on another level."""

    lead: Lead
    level: str
    score: int


@dataclass(frozen=True)
class LevelEffect:
    """How many leads are on a level, and how many would be."""

    level: Heat
    now: int
    then: int

    @property
    def change(self) -> int:
        return self.then - self.now


@dataclass(frozen=True)
class Effect:
    """How many leads are on each level, how many would be, and some of those that move."""

    leads: int
    is_sample: bool
    levels: list[LevelEffect]
    moved: int
    examples: list[Moved]


def preview(*, actor: Actor, changes: Mapping[str, Any]) -> Effect:
    """The effect of `changes` on the newest open leads. Raises `InvalidHeat`."""
    actor.require(Permission.RULE_EDIT)
    workspace_id = actor.own_workspace.pk
    rules = heat_settings.planned(heat_settings.current(workspace_id), changes)
    newest = (
        "lead.id IN (SELECT id FROM leads_lead WHERE workspace_id = %(workspace)s"
        " AND deleted_at IS NULL AND status = ANY (%(open)s)"
        " ORDER BY created_at DESC, id DESC LIMIT %(sample)s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, heat, score, level FROM ({heating.compared(rules, newest)}) AS compared"  # noqa: S608
            " ORDER BY abs(score - heat_score) DESC, id DESC",
            {
                **heating.parameters(rules, workspace_id),
                "open": [status.value for status in OPEN_STATUSES],
                "sample": SAMPLE,
            },
        )
        rows: list[tuple[UUID, str, int, str]] = cursor.fetchall()
    before = Counter(now for _id, now, _score, _level in rows)
    after = Counter(level for _id, _now, _score, level in rows)
    moved = [(lead_id, level, score) for lead_id, now, score, level in rows if now != level]
    return Effect(
        leads=len(rows),
        is_sample=len(rows) == SAMPLE,
        levels=[LevelEffect(level, before[level], after[level]) for level in reversed(Heat)],
        moved=len(moved),
        examples=_examples(workspace_id, moved[:EXAMPLES]),
    )


def _examples(workspace_id: UUID, moved: list[tuple[UUID, str, int]]) -> list[Moved]:
    rows = Lead.objects.in_workspace(workspace_id).for_table()
    leads = rows.in_bulk([lead_id for lead_id, _level, _score in moved])
    return [Moved(leads[lead_id], level, score) for lead_id, level, score in moved]
