"""A lead with all that hangs on it, as GET /leads/{lead}/ shows it."""

from typing import Any

from django.db.models import Count

from leads import heat, rendering
from leads.models import Appointment, Interaction, Lead
from leads.transitions import allowed_transitions

LATEST = 50
# What the detail shows beyond the flat lead.
DETAIL_FIELDS = (
    "appointments",
    "interactions",
    "tasks",
    "heat_explanation",
    "allowed_transitions",
)


def lead_detail(row: Lead) -> dict[str, Any]:
    """The flat lead, its appointments and latest interactions, why it is hot, what can be next."""
    appointments = Appointment.objects.in_workspace(row.workspace_id).filter(lead=row)
    interactions = Interaction.objects.in_workspace(row.workspace_id).filter(lead=row)
    return {
        **rendering.lead(row),
        "appointments": [
            rendering.appointment(one) for one in appointments.order_by("-scheduled_for", "-id")
        ],
        "interactions": [
            rendering.interaction(one) for one in interactions.order_by("-at", "-id")[:LATEST]
        ],
        "tasks": [],
        "heat_explanation": {
            "score": row.heat_score,
            "heat": row.heat,
            "points_to_next": heat.points_to_next(row.heat_score),
            "points": heat.explanation(
                dict(interactions.order_by().values_list("type").annotate(Count("id")))
            ),
        },
        "allowed_transitions": allowed_transitions(row),
    }
