"""Lead heat: points per touchpoint, and the level they add up to (seed 002).

The rules are plain data; `leads.scoring.heating` applies them to leads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

import orjson

from accounts.postgresql.prepared import prepared_cursor
from leads.models import MANUAL_TYPES, Heat, HeatSettings, InteractionType

# What may heat. Steps that Leadloop takes by itself never do, so that a sweep or a batch that
# writes thousands of them has nothing to work out.
TOUCHPOINTS = frozenset(kind.value for kind in MANUAL_TYPES)

_NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class Rules:
    """How a workspace scores its leads.

    `weights`: points by type, others score nothing; `caps`: the most that all touchpoints of a type
    may add to one lead; after `half_life_days` a touchpoint counts half.
    """

    weights: Mapping[str, int]
    warm_from: int
    hot_from: int
    caps: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    half_life_days: int | None = None

    def points(self, interaction_type: str) -> int:
        """What one fresh touchpoint is worth."""
        return self.weights.get(interaction_type, 0)

    def just_adds(self, interaction_type: str) -> bool:
        """Whether one more touchpoint adds its points, whatever was before it."""
        return self.half_life_days is None and interaction_type not in self.caps

    def level(self, score: int) -> Heat:
        if score >= self.hot_from:
            return Heat.HOT
        return Heat.WARM if score >= self.warm_from else Heat.COLD

    def next_level(self, score: int) -> Heat | None:
        """The level above; None at HOT."""
        return {Heat.COLD: Heat.WARM, Heat.WARM: Heat.HOT}.get(self.level(score))

    def points_to_next(self, score: int) -> int | None:
        """How many points are missing to the next level; None at HOT."""
        following = self.next_level(score)
        if following is None:
            return None
        return (self.hot_from if following == Heat.HOT else self.warm_from) - score


_OWN_RULES = (
    "SELECT weights, warm_from, hot_from, caps, half_life_days"
    " FROM leads_heatsettings WHERE workspace_id = %s"
)

# COLD up to 5, WARM from 6, HOT from 16.
DEFAULT = Rules(
    weights=MappingProxyType(
        {
            InteractionType.SOCIAL_FOLLOW.value: 1,
            InteractionType.SOCIAL_LIKE.value: 1,
            InteractionType.WEBSITE_VISIT.value: 2,
            InteractionType.INFO_REQUEST.value: 5,
            InteractionType.PRICE_QUOTE.value: 8,
            InteractionType.SITE_VISIT.value: 10,
        }
    ),
    warm_from=6,
    hot_from=16,
)


def rules_of(workspace_id: UUID) -> Rules:
    """The workspace's own rules, else the default: one query."""
    # Asked with each touchpoint, and the same statement always.
    with prepared_cursor() as cursor:
        cursor.execute(_OWN_RULES, [workspace_id])
        found = cursor.fetchone()
    if found is None:
        return DEFAULT
    weights, warm_from, hot_from, caps, half_life_days = found
    return Rules(
        weights=orjson.loads(weights),
        warm_from=warm_from,
        hot_from=hot_from,
        caps=orjson.loads(caps),
        half_life_days=half_life_days,
    )


def rules_in(row: HeatSettings) -> Rules:
    return Rules(
        weights=row.weights,
        warm_from=row.warm_from,
        hot_from=row.hot_from,
        caps=row.caps,
        half_life_days=row.half_life_days,
    )
