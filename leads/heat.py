"""Lead heat: points per touchpoint, and the level they add up to (seed 002)."""

from leads.models import Heat, InteractionType

# Types without a weight score nothing.
WEIGHTS: dict[str, int] = {
    InteractionType.SOCIAL_FOLLOW: 1,
    InteractionType.SOCIAL_LIKE: 1,
    InteractionType.WEBSITE_VISIT: 2,
    InteractionType.INFO_REQUEST: 5,
    InteractionType.PRICE_QUOTE: 8,
    InteractionType.SITE_VISIT: 10,
}
WARM_FROM = 6
HOT_FROM = 16


def points(interaction_type: str) -> int:
    return WEIGHTS.get(interaction_type, 0)


def level(score: int) -> Heat:
    """COLD up to 5, WARM from 6, HOT from 16."""
    if score >= HOT_FROM:
        return Heat.HOT
    return Heat.WARM if score >= WARM_FROM else Heat.COLD


def points_to_next(score: int) -> int | None:
    """How many points are missing to the next level; None at HOT."""
    if score >= HOT_FROM:
        return None
    return (HOT_FROM if score >= WARM_FROM else WARM_FROM) - score


def explanation(interaction_types: dict[str, int]) -> list[dict[str, object]]:
    """Why the score is what it is: type, count and points, the heaviest first."""
    rows = [
        {"type": kind, "count": count, "points": count * points(kind)}
        for kind, count in interaction_types.items()
        if points(kind)
    ]
    return sorted(rows, key=lambda row: -int(str(row["points"])))
