"""Waking a worker: a hint that may be lost, never the only thing work depends on."""

import logging
import time

from celery import current_app

logger = logging.getLogger(__name__)

# After Redis refused once, requests stop trying for a moment instead of each waiting for it.
PAUSE_SECONDS = 5.0
_silent_until = 0.0


def nudge(task_name: str) -> None:
    """Ask a worker to run a task now; when Redis is gone, beat's next round does it instead."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        current_app.send_task(task_name, expires=30, retry=False)
    except Exception:
        _silent_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("could not wake a worker for %s; the next sweep will", task_name)
