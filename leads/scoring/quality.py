"""How good the leads are: by what people think of them, and by their heat."""

from django.db.models import Avg, Count

from accounts.actors import Actor
from leads.models import Heat, Lead, QualityRating


def quality(actor: Actor) -> dict[str, dict[str, dict[str, float]]]:
    """Count and average score of the leads the actor sees, by rating and by heat: two queries."""
    return {
        "quality_rating": _grouped(actor, "quality_rating", QualityRating.values),
        "heat": _grouped(actor, "heat", Heat.values),
    }


def _grouped(actor: Actor, column: str, values: list[str]) -> dict[str, dict[str, float]]:
    rows = Lead.objects.visible_to(actor).order_by().values_list(column)
    found = {
        value: {"count": number, "average_score": round(float(average), 1)}
        for value, number, average in rows.annotate(Count("workspace_id"), Avg("heat_score"))
    }
    return {value: found.get(value, {"count": 0, "average_score": 0.0}) for value in values}
