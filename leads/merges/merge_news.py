"""What the timeline and the outbox say of a merge, and of taking it back."""

from typing import Any

from django.utils import timezone

from accounts.actors import Actor
from integrations import outbox
from leads import rendering
from leads.merges.merge_pair import Pair
from leads.models import InteractionType, Lead, Merge
from leads.recording import add_interaction, save_and_tell


def tell(
    row: Merge,
    pair: Pair,
    told: Lead | None,
    *,
    actor: Actor,
    step: str,
    is_work: bool,
    **details: Any,
) -> None:
    """Write `step` on the timeline of one lead, and for whoever follows contacts and leads.

    `is_work` says whether it counts as activity on the lead.
    """
    change = {
        "step": step,
        "merge_id": str(row.pk),
        "kept_contact_id": str(row.kept_id),
        "kept_contact_number": pair.keep.number,
        "lost_contact_id": str(row.lost_id),
        "lost_contact_number": pair.lose.number,
        **details,
    }
    if told is not None:
        active = told.last_activity_at
        add_interaction(
            told,
            actor=actor,
            type=InteractionType.SYSTEM_AUTO,
            at=timezone.now(),
            payload=change,
        )
        if not is_work:
            told.last_activity_at = active
        save_and_tell(told, event=f"lead.{step}", change=change)
    outbox.emit(
        workspace_id=row.workspace_id,
        type=f"contact.{step}",
        subject_id=row.kept_id,
        payload={
            "version": rendering.PAYLOAD_VERSION,
            "contact": rendering.contact(pair.keep),
            "change": change,
        },
    )
