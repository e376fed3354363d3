"""When the timers of leads are looked at."""

from celery import shared_task

from leads import sweeping


@shared_task
def close_overdue_leads() -> None:
    """Close what nobody worked in time."""
    sweeping.close_overdue()
