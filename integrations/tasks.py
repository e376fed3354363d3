"""When the outbox is drained, and when what went through it is dropped."""

from celery import shared_task

from integrations import inbox
from integrations.nudges import nudge, taken
from integrations.outbox import BATCH, drain, forget_processed


@shared_task
def drain_outbox() -> None:
    """Drain a batch; when more waits, others who wait for a worker have their turn first."""
    taken(drain_outbox.name)
    if drain() == BATCH:
        nudge(drain_outbox.name)


@shared_task
def handle_inbox() -> None:
    """Handle a portion of what came; when more waits, others have their turn first."""
    taken(handle_inbox.name)
    if inbox.handle_due() == inbox.BATCH:
        nudge(handle_inbox.name)


@shared_task
def forget_processed_events() -> None:
    """Drop batch after batch of what was handed on long ago."""
    while forget_processed():
        pass
