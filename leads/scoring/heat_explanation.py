"""Why a lead is as warm as it is, and what is missing to the next level."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from leads.models import Heat, Lead
from leads.scoring.heat import Rules, rules_of
from leads.scoring.heating import KindPoints, breakdown


@dataclass(frozen=True)
class Explanation:
    """The points of a lead by type of touchpoint, the heaviest first, and how they move."""

    score: int
    heat: str
    rules: Rules
    kinds: Sequence[KindPoints]

    @property
    def next_level(self) -> Heat | None:
        return self.rules.next_level(self.score)

    @property
    def points_to_next(self) -> int | None:
        return self.rules.points_to_next(self.score)

    @property
    def next_from(self) -> int:
        """The score at which the next level begins; the lead's own at the highest."""
        return self.score + (self.points_to_next or 0)

    @cached_property
    def one_would_do(self) -> str:
        """The lightest touchpoint that alone reaches the next level; empty when none does."""
        missing = self.points_to_next
        if missing is None:
            return ""
        spent = {kind.type: kind.points for kind in self.kinds}
        enough = []
        for kind, points in self.rules.weights.items():
            cap = self.rules.caps.get(kind)
            adds = points if cap is None else min(points, cap - spent.get(kind, 0))
            if adds >= missing:
                enough.append((points, kind))
        return min(enough)[1] if enough else ""

    @cached_property
    def recent(self) -> int:
        """Points of the last seven days, as they came in."""
        return sum(kind.recent for kind in self.kinds)

    @cached_property
    def before(self) -> int:
        """Points of the seven days before those."""
        return sum(kind.before for kind in self.kinds)

    @property
    def change(self) -> int:
        return self.recent - self.before


def explain(lead: Lead) -> Explanation:
    """Two queries, however long the timeline is."""
    rules = rules_of(lead.workspace_id)
    return Explanation(lead.heat_score, lead.heat, rules, breakdown(lead, rules))


def rendered(why: Explanation) -> dict[str, Any]:
    """The public form, as the API shows it."""
    return {
        "score": why.score,
        "heat": why.heat,
        "points_to_next": why.points_to_next,
        "next_level": why.next_level,
        "half_life_days": why.rules.half_life_days,
        "points": [
            {
                "type": kind.type,
                "count": kind.count,
                "points": kind.points,
                "weight": kind.weight,
                "cap": kind.cap,
                "is_capped": kind.is_capped,
                "first_at": kind.first_at,
                "last_at": kind.last_at,
            }
            for kind in why.kinds
        ],
        "trend": {"last_7_days": why.recent, "previous_7_days": why.before, "change": why.change},
    }
