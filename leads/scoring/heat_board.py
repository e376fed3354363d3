"""Who is warm: how many, who is rising, whom nobody has called, and what happens socially."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, QuerySet
from django.utils import timezone

from accounts.actors import Actor
from leads.models import SOCIAL_TYPES, Heat, Lead
from leads.models.lead import LeadQuerySet, sees_own_only
from leads.scoring import engagement, heat
from leads.scoring.heat import Rules
from leads.scoring.heating import TREND_DAYS, parameters

ROWS = 20
RISING = 8
UNTOUCHED_FOR = timedelta(hours=24)
# Beyond this the page says “and more”.
MOST_COUNTED = 1_000
# Bars of the distribution on each level.
BARS = 3
# Of the latest so many touchpoints of a week: all of them but in the largest workspaces.
LATEST = 10_000
# The page asks every five seconds, and to count two weeks takes longer than all the rest of it.
SOCIAL_KEPT = 60
# Up to so many open leads are counted anew each time. To count half a million takes longer than all
# the rest of the page, so with more the figures are some seconds old, and the page says so.
COUNTED_AT_ONCE = 50_000
SCORES_KEPT = 15
# Among so many with the most points of the week are those that rose most.
_CANDIDATES = 60


@dataclass(frozen=True)
class Bar:
    """Leads with a score from `first` to `last`; without `last`, from there upwards."""

    level: Heat
    first: int
    last: int | None
    leads: int


@dataclass(frozen=True)
class Rising:
    """A lead whose points of the last seven days outweigh those of the seven before."""

    lead: Lead
    recent: int
    before: int

    @property
    def change(self) -> int:
        return self.recent - self.before


@dataclass(frozen=True)
class Board:
    """What the Heat page shows."""

    rules: Rules
    counts: dict[str, int]
    bars: list[Bar]
    level: Heat
    untouched: int
    rows: list[Lead]
    rising: list[Rising]
    social: list[engagement.Engaged]
    social_total: engagement.Figure
    untouched_since: datetime
    # When the levels and the distribution were counted, if that was not just now.
    counted_at: datetime | None

    @property
    def untouched_shown(self) -> str:
        """How many nobody has contacted for a day, as far as they are counted."""
        return f"{MOST_COUNTED}+" if self.untouched > MOST_COUNTED else str(self.untouched)

    @property
    def most_in_a_bar(self) -> int:
        return max(bar.leads for bar in self.bars)

    @property
    def leads(self) -> int:
        return sum(self.counts.values())


def board(actor: Actor, *, level: Heat) -> Board:
    """The open leads the actor sees, with those of one level: a fixed number of queries."""
    now = timezone.now()
    rules = heat.rules_of(actor.own_workspace.pk)
    open_leads = Lead.objects.visible_to(actor).open()
    scores, counted_at = _scores(actor, open_leads, now)
    on_level = _on_level(open_leads, rules, level)
    waiting = on_level.filter(last_contacted_at__isnull=True, created_at__lte=now - UNTOUCHED_FOR)
    social = _social(actor, now)
    return Board(
        rules=rules,
        counts=_counts(scores, rules),
        bars=_bars(scores, rules),
        level=level,
        untouched=waiting.order_by()[: MOST_COUNTED + 1].count(),
        rows=_rows(on_level, waiting),
        rising=_rising(actor, rules),
        social=social,
        social_total=engagement.total(social),
        untouched_since=now - UNTOUCHED_FOR,
        counted_at=counted_at if sum(scores.values()) > COUNTED_AT_ONCE else None,
    )


def _social(actor: Actor, now: datetime) -> list[engagement.Engaged]:
    """What happened socially in the last seven days; up to `SOCIAL_KEPT` seconds old."""
    key = f"heat-social:{_seen_by(actor)}"
    found: list[engagement.Engaged] | None = cache.get(key)
    if found is None:
        week = timedelta(days=TREND_DAYS)
        found = engagement.engagement(actor, start=now - week, end=now, types=SOCIAL_TYPES)
        cache.set(key, found, SOCIAL_KEPT)
    return found


def _seen_by(actor: Actor) -> str:
    """The same for all who see the same leads."""
    own_only = actor.user.pk if actor.user and sees_own_only(actor) else ""
    return f"{actor.own_workspace.pk}:{own_only}"


def _scores(
    actor: Actor, open_leads: LeadQuerySet, now: datetime
) -> tuple[dict[int, int], datetime]:
    """How many leads have each score, and when they were counted."""
    key = f"heat-scores:{_seen_by(actor)}"
    kept: tuple[dict[int, int], datetime] | None = cache.get(key)
    if kept is not None:
        return kept
    rows = open_leads.order_by().values_list("heat_score").annotate(Count("workspace_id"))
    scores = dict(rows)
    if sum(scores.values()) > COUNTED_AT_ONCE:
        cache.set(key, (scores, now), SCORES_KEPT)
    return scores, now


def _counts(scores: dict[int, int], rules: Rules) -> dict[str, int]:
    found = {level.value: 0 for level in Heat}
    for score, number in scores.items():
        found[rules.level(score)] += number
    return found


def _bars(scores: dict[int, int], rules: Rules) -> list[Bar]:
    """The distribution in bars none of which lies across two levels."""
    edges = [
        *_edges(0, rules.warm_from),
        *_edges(rules.warm_from, rules.hot_from),
        *_edges(rules.hot_from, 2 * rules.hot_from - rules.warm_from),
    ]
    bars = []
    for first, following in zip(edges, [*edges[1:], None], strict=True):
        last = None if following is None else following - 1
        inside = (n for s, n in scores.items() if first <= s and (last is None or s <= last))
        bars.append(Bar(rules.level(first), first, last, sum(inside)))
    return bars


def _edges(first: int, end: int) -> list[int]:
    width = -(-(end - first) // BARS)
    return list(range(first, end, width))


def _on_level(open_leads: LeadQuerySet, rules: Rules, level: Heat) -> LeadQuerySet:
    """By score, whose index has them in order, and by level, as the Leads page does."""
    rows = open_leads.filter(heat=level)
    if level != Heat.HOT:
        rows = rows.filter(heat_score__lt=rules.warm_from if level == Heat.COLD else rules.hot_from)
    return rows


def _rows(on_level: LeadQuerySet, waiting: LeadQuerySet) -> list[Lead]:
    """The hottest that nobody has contacted for a day since they came, then the other hottest."""
    first = list(waiting.for_table().order_by("-heat_score", "created_at", "pk")[:ROWS])
    if len(first) == ROWS:
        return first
    others = on_level.exclude(pk__in=[lead.pk for lead in first])
    return [*first, *others.for_table().order_by("-heat_score", "-pk")[: ROWS - len(first)]]


def _rising(actor: Actor, rules: Rules) -> list[Rising]:
    gains = _gains(actor.own_workspace.pk, rules)
    rows: QuerySet[Lead] = Lead.objects.visible_to(actor).open().for_table()
    leads = rows.in_bulk(list(gains))
    found = (Rising(leads[lead_id], *gains[lead_id]) for lead_id in gains.keys() & leads.keys())
    rising = [one for one in found if one.change > 0]
    return sorted(rising, key=lambda one: (-one.change, -one.lead.heat_score, one.lead.pk))[:RISING]


def _gains(workspace_id: UUID, rules: Rules) -> dict[UUID, tuple[int, int]]:
    """Points of the week and of the one before, of the leads with the most this week."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH rule AS (
                SELECT * FROM unnest(%(types)s::text[], %(weights)s::int[]) AS rule(type, weight)
            ),
            candidate AS (
                SELECT latest.lead_id, sum(rule.weight) AS points FROM (
                    SELECT lead_id, type FROM leads_interaction
                    WHERE workspace_id = %(workspace)s AND at >= %(recent)s
                        AND type = ANY (%(types)s)
                    ORDER BY at DESC LIMIT %(latest)s
                ) AS latest
                JOIN rule USING (type)
                GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(candidates)s
            )
            SELECT candidate.lead_id, candidate.points,
                coalesce((SELECT sum(rule.weight) FROM leads_interaction entry
                    JOIN rule USING (type)
                    WHERE entry.workspace_id = %(workspace)s
                        AND entry.lead_id = candidate.lead_id
                        AND entry.at >= %(before)s AND entry.at < %(recent)s), 0)
            FROM candidate
            """,
            {
                **parameters(rules, workspace_id),
                "latest": LATEST,
                "candidates": _CANDIDATES,
            },
        )
        return {lead_id: (recent, before) for lead_id, recent, before in cursor.fetchall()}
