"""When uploads are delivered."""

from uuid import UUID

from celery import shared_task

from conversions import delivery
from integrations.nudges import nudge, taken


@shared_task
def deliver_due_uploads() -> None:
    """Wake one delivery for each connection with work, so that a slow one delays nobody else."""
    taken(deliver_due_uploads.name)
    for connection_id in delivery.connections_with_due_uploads():
        nudge(deliver_for_connection.name, str(connection_id))


@shared_task
def deliver_for_connection(connection_id: str) -> None:
    """Send batch after batch for one connection until nothing is due."""
    taken(deliver_for_connection.name, connection_id)
    while delivery.deliver_batch(UUID(connection_id)):
        pass
