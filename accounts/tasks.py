"""When what is kept for a day is dropped."""

from celery import shared_task

from accounts import idempotency


@shared_task
def forget_old_answers() -> None:
    """Drop the answers of yesterday's idempotency keys."""
    idempotency.forget_old()
