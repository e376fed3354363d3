"""Scores of leads: one after an interaction, many at once, and why.

All of it is one sum in SQL. A touchpoint's points are whole thousandths, so that a sum does not
depend on its order; decay steps with the day in UTC, so that a lead scored in the morning and one
in the evening agree. Whoever scores holds the workspace's rules as they are until the commit;
whoever changes them waits, and has `leads.scoring.rescoring` do everything afterwards. So no score
of the old rules is left behind.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.locks import wait_for_others
from leads.models import Interaction, Lead
from leads.scoring.heat import TOUCHPOINTS, Rules, rules_of

TREND_DAYS = 7

# What one touchpoint adds after decay, in thousandths.
_DECAYED = (
    "round(%(weight_{n})s * 1000 * power(0.5::float8, greatest(0,"
    " %(today)s::date - (entry.at AT TIME ZONE 'UTC')::date) / %(half_life)s::float8))::int"
)


def hold_rules(workspace_id: UUID, *, alone: bool = False) -> None:
    """Keep the workspace's rules as they are until the transaction ends."""
    wait_for_others([f"heat:{workspace_id}"], shared=not alone)


def warm(lead: Lead, entry: Interaction) -> None:
    """Set on a locked lead, unsaved, what this stored entry makes of its heat.

    Two queries for a touchpoint, one more where it is capped or points decay; none for the steps
    that Leadloop takes by itself.
    """
    if entry.type not in TOUCHPOINTS:
        return
    hold_rules(lead.workspace_id)
    rules = rules_of(lead.workspace_id)
    if not rules.points(entry.type):
        return
    if rules.just_adds(entry.type):
        lead.heat_score += rules.points(entry.type)
    else:
        lead.heat_score = score_of(lead, rules)
    lead.heat = rules.level(lead.heat_score)


def score_of(lead: Lead, rules: Rules) -> int:
    """What the lead's interactions add up to."""
    return int(_of_one(lead, rules, f"SELECT {_score(rules)}")[0][0])


@dataclass(frozen=True)
class KindPoints:
    """What the touchpoints of one type make of a lead's score.

    `points` is what counts, after decay and cap; `recent` and `before` are the undiminished points
    of the last seven days and of the seven before.
    """

    type: str
    count: int
    points: float
    weight: int
    cap: int | None
    is_capped: bool
    first_at: datetime
    last_at: datetime
    recent: int
    before: int


def breakdown(lead: Lead, rules: Rules) -> list[KindPoints]:
    """The score by type of interaction, the heaviest first: one query."""
    sums = ", ".join(_sum(rules, number) for number in range(len(rules.weights)))
    rows = _of_one(
        lead,
        rules,
        "SELECT entry.type, count(*), min(entry.at), max(entry.at),"
        " count(*) FILTER (WHERE entry.at >= %(recent)s),"
        " count(*) FILTER (WHERE entry.at >= %(before)s AND entry.at < %(recent)s),"
        f" array[{sums}]::bigint[]",
        "GROUP BY entry.type",
    )
    numbers = {kind: number for number, kind in enumerate(rules.weights)}
    found = []
    for kind, count, first_at, last_at, recent, before, sums_of_kinds in rows:
        weight, cap = rules.points(kind), rules.caps.get(kind)
        thousandths = sums_of_kinds[numbers[kind]]
        is_capped = cap is not None and thousandths > cap * 1000
        found.append(
            KindPoints(
                type=kind,
                count=count,
                points=_shown(cap * 1000 if cap is not None and is_capped else thousandths),
                weight=weight,
                cap=cap,
                is_capped=is_capped,
                first_at=first_at,
                last_at=last_at,
                recent=recent * weight,
                before=before * weight,
            )
        )
    return sorted(found, key=lambda one: (-one.points, one.type))


def _shown(thousandths: int) -> float:
    points = round(thousandths / 1000, 1)
    return int(points) if points.is_integer() else points


def _of_one(lead: Lead, rules: Rules, select: str, group: str = "") -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"{select} FROM leads_interaction entry WHERE entry.workspace_id = %(workspace)s"
            f" AND entry.lead_id = %(lead)s AND entry.type = ANY (%(types)s) {group}",
            {**parameters(rules, lead.workspace_id), "lead": lead.pk},
        )
        return list(cursor.fetchall())


def _score(rules: Rules) -> str:
    """The score of the interactions `entry`, each type up to its cap."""
    terms = []
    for number, kind in enumerate(rules.weights):
        term = _sum(rules, number)
        terms.append(f"least({term}, %(cap_{number})s * 1000)" if kind in rules.caps else term)
    return f"((({' + '.join(terms) or '0'}) + 500) / 1000)::int"


def _sum(rules: Rules, number: int) -> str:
    """What the touchpoints of one type add up to before its cap, in thousandths."""
    of_type = f"FILTER (WHERE entry.type = %(type_{number})s)"
    if rules.half_life_days is None:
        return f"count(*) {of_type} * %(weight_{number})s * 1000"
    return f"coalesce(sum({_DECAYED.format(n=number)}) {of_type}, 0)"


@dataclass(frozen=True)
class Rescored:
    """What a look at some leads did: how many it wrote, and how many others were writing."""

    written: int
    missed: int


def rescore(
    workspace_id: UUID, rules: Rules, *, first: UUID | None = None, before: UUID | None = None
) -> Rescored:
    """Give the leads of a stretch of ids the score that their interactions add up to.

    The set-based form of `warm`, in one statement; only leads with a wrong score are written, and
    of them nothing else: neither `updated_at` nor history. A lead that somebody else is writing, or
    wrote after this statement looked, is missed instead of waited for: look again.
    """
    stretch = "true" if first is None else "lead.id >= %(first)s"
    stretch += "" if before is None else " AND lead.id < %(before_lead)s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH wrong AS (
                SELECT * FROM ({compared(rules, stretch)}) AS compared
                WHERE heat_score <> score OR heat <> level
            ),
            held AS (
                SELECT lead.ctid AS place, wrong.score, wrong.level FROM leads_lead lead
                JOIN wrong ON wrong.place = lead.ctid AND wrong.version = lead.xmin
                ORDER BY lead.id FOR NO KEY UPDATE OF lead SKIP LOCKED
            ),
            written AS (
                UPDATE leads_lead lead SET heat_score = held.score, heat = held.level
                FROM held WHERE lead.ctid = held.place RETURNING 1
            )
            SELECT (SELECT count(*) FROM written), (SELECT count(*) FROM wrong)
            """,  # noqa: S608
            {**parameters(rules, workspace_id), "first": first, "before_lead": before},
        )
        written, wrong = cursor.fetchone()
    return Rescored(written, wrong - written)


def compared(rules: Rules, which: str) -> str:
    """A query of what the workspace's leads have, and what they should have.

    `which` is a condition on `lead`. Gives `id, place, version, heat_score, heat, score, level`,
    where a row's place is good for this statement only; takes `parameters`.
    """
    return f"""
        SELECT *, CASE WHEN score >= %(hot_from)s THEN 'HOT' WHEN score >= %(warm_from)s THEN 'WARM'
            ELSE 'COLD' END AS level
        FROM (
            SELECT lead.id, lead.ctid AS place, lead.xmin AS version, lead.heat_score, lead.heat,
                {_score(rules)} AS score
            FROM leads_lead lead
            LEFT JOIN leads_interaction entry ON entry.workspace_id = %(workspace)s
                AND entry.lead_id = lead.id AND entry.type = ANY (%(types)s)
            WHERE lead.workspace_id = %(workspace)s AND {which}
            GROUP BY lead.id
        ) AS scored
    """  # noqa: S608 - put together from the texts above, values travel as parameters


def parameters(rules: Rules, workspace_id: UUID) -> dict[str, Any]:
    """The rules as the statements take them."""
    now = timezone.now()
    named: dict[str, Any] = {}
    for number, (kind, points) in enumerate(rules.weights.items()):
        named[f"type_{number}"] = kind
        named[f"weight_{number}"] = points
        named[f"cap_{number}"] = rules.caps.get(kind)
    return {
        **named,
        "workspace": workspace_id,
        "types": list(rules.weights),
        "weights": list(rules.weights.values()),
        "half_life": rules.half_life_days,
        "today": now.date(),
        "recent": now - timedelta(days=TREND_DAYS),
        "before": now - timedelta(days=2 * TREND_DAYS),
        "warm_from": rules.warm_from,
        "hot_from": rules.hot_from,
    }
