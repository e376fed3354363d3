"""A lead with all that hangs on it, as GET /leads/{lead}/ shows it."""

from typing import Any

from leads import rendering
from leads.models import Appointment, Interaction, Lead, Task
from leads.scoring import heat_explanation
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


def _tasks(row: Lead) -> list[Task]:
    """What is to be done, soonest first; then what was done, the latest first."""
    tasks = Task.objects.in_workspace(row.workspace_id).filter(lead=row).select_related("owner")
    done = tasks.exclude(done_at__isnull=True).order_by("-done_at", "-id")[:LATEST]
    return [*tasks.open().order_by("due_at", "id"), *done]


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
        "tasks": [rendering.task(one) for one in _tasks(row)],
        "heat_explanation": heat_explanation.rendered(heat_explanation.explain(row)),
        "allowed_transitions": allowed_transitions(row),
    }
