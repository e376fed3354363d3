"""When uploads are delivered."""

from uuid import UUID

from celery import shared_task

from conversions import delivery


@shared_task
def deliver_due_uploads() -> None:
    """Wake one delivery for each connection with work, so that a slow one delays nobody else."""
    for connection_id in delivery.connections_with_due_uploads():
        deliver_for_connection.apply_async((str(connection_id),), expires=30)


@shared_task
def deliver_for_connection(connection_id: str) -> None:
    """Send batch after batch for one connection until nothing is due."""
    while delivery.deliver_batch(UUID(connection_id)):
        pass
