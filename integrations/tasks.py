"""When the outbox is drained."""

from celery import shared_task

from integrations.outbox import BATCH, drain


@shared_task
def drain_outbox() -> None:
    """Drain until nothing waits."""
    while drain() == BATCH:
        pass
