"""How much happens with leads, by platform and type, against the period before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.actors import Actor
from leads.models import ENGAGEMENT_TYPES, Interaction, Lead
from leads.models.lead import sees_own_only


@dataclass(frozen=True)
class Figure:
    """A count and the one of the period before."""

    count: int
    before: int

    @property
    def change(self) -> float | None:
        """In percent; None where there was nothing before."""
        return round(100 * (self.count - self.before) / self.before, 1) if self.before else None


@dataclass(frozen=True)
class Engaged:
    """What happened on one platform in one way."""

    platform: str
    type: str
    figure: Figure


def engagement(
    actor: Actor, *, start: datetime, end: datetime, types: Iterable[str] = ENGAGEMENT_TYPES
) -> list[Engaged]:
    """Interactions from `start` until before `end`, the most first: one query.

    Of every lead the actor may see; what happened with one that was deleted since still happened.
    """
    before = start - (end - start)
    kinds = [str(kind) for kind in types]
    happened = (
        _of(actor)
        .filter(type__in=kinds, at__gte=before, at__lt=end)
        .order_by()
        .values_list("platform", "type")
        .annotate(
            now=Count("workspace_id", filter=Q(at__gte=start)),
            then=Count("workspace_id", filter=Q(at__lt=start)),
        )
    )
    rows = [Engaged(platform, kind, Figure(now, then)) for platform, kind, now, then in happened]
    return sorted(rows, key=lambda row: (-row.figure.count, row.platform, row.type))


def _of(actor: Actor) -> QuerySet[Any]:
    rows = Interaction.objects.in_workspace(actor.own_workspace.pk)
    if not sees_own_only(actor):
        return rows
    return rows.filter(lead__in=Lead.objects.visible_to(actor).values("pk"))


def by(rows: Sequence[Engaged], name: str) -> dict[str, Figure]:
    """Added up by `platform` or `type`, the most first."""
    found: dict[str, Figure] = {}
    for row in rows:
        key = getattr(row, name)
        known = found.get(key, Figure(0, 0))
        found[key] = Figure(known.count + row.figure.count, known.before + row.figure.before)
    return dict(sorted(found.items(), key=lambda item: (-item[1].count, item[0])))


def total(rows: Iterable[Engaged]) -> Figure:
    figures = [row.figure for row in rows]
    return Figure(sum(f.count for f in figures), sum(f.before for f in figures))
