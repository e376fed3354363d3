"""When what is kept for a while is dropped, and the sign of life of beat and worker."""

from celery import shared_task

from accounts import heartbeat, idempotency, sessions


@shared_task
def forget_old_answers() -> None:
    """Drop the answers of yesterday's idempotency keys."""
    idempotency.forget_old()


@shared_task
def forget_expired_sessions() -> None:
    """Drop sessions that ended."""
    sessions.forget_expired()


@shared_task
def note_heartbeat() -> None:
    """Beat asked, and a worker was there to answer."""
    heartbeat.note()
