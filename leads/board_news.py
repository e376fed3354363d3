"""What has changed on a board since somebody looked: what the page asks every few seconds.

Every change of a lead leaves its event in the outbox, and the newest of a workspace stand in an
index of their own: where nothing happened, looking costs one step of it, however many leads there
are.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from integrations.models import OutboxEvent
from leads.board import Card, cards_of
from leads.models import Lead
from leads.models.lead import LeadQuerySet

# What was written before somebody looked may be committed after it.
OVERLAP = timedelta(seconds=5)
# With more than this many changes it is better to show the whole board anew.
MOST = 100
# These bring a card; a move says how long the lead was where it was.
_BRINGING = ("lead.created", "lead.restored", "lead.move_undone", "lead.merge_undone")


@dataclass(frozen=True)
class News:
    """Cards to show as they are now, and the numbers of those that are gone from this board.

    `came` are the cards that belong on top of their column; others are shown where they stand.
    """

    cards: list[Card] = field(default_factory=list)
    came: set[UUID] = field(default_factory=set)
    gone: list[int] = field(default_factory=list)
    is_too_much: bool = False


def news(rows: LeadQuerySet, workspace_id: UUID, *, since: datetime) -> News | None:
    """What happened to leads since then, as a board of `rows` shows it; None when nothing did."""
    events = OutboxEvent.objects.in_workspace(workspace_id).filter(
        created_at__gt=since - OVERLAP, type__startswith="lead."
    )
    told = list(
        events.order_by("-created_at", "-id").values_list(
            "subject_id", "type", "payload__change__seconds_in_status"
        )[: MOST + 1]
    )
    if not told:
        return None
    if len(told) > MOST:
        return News(is_too_much=True)
    changed = {lead_id for lead_id, _type, _seconds in told}
    came = {pk for pk, kind, seconds in told if kind in _BRINGING or seconds is not None}
    cards = cards_of(rows.filter(pk__in=changed).order_by("created_at", "pk"))
    missing = changed - {card.pk for card in cards}
    gone = Lead.objects.in_workspace(workspace_id).filter(pk__in=missing)
    return News(cards, came, list(gone.values_list("number", flat=True)))
