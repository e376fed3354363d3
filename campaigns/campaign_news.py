"""What is told of a campaign to whoever listens, in the transaction of the change."""

from typing import Any

from campaigns.models import Campaign
from integrations import outbox
from leads.rendering import PAYLOAD_VERSION


def tell(campaign: Campaign, *, step: str, **change: Any) -> None:
    """Write the outbox event `campaign.<step>`."""
    outbox.emit(
        workspace_id=campaign.workspace_id,
        type=f"campaign.{step}",
        subject_id=campaign.pk,
        payload={
            "version": PAYLOAD_VERSION,
            "campaign": {
                "id": str(campaign.pk),
                "name": campaign.name,
                "status": campaign.status,
            },
            "change": change,
        },
    )
