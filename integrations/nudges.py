"""Waking a worker: a hint that may be lost, never the only thing work depends on.

One hint per task is enough until a worker takes it: it will see whatever was committed meanwhile.
Without that, every request under load leaves one, and work behind them in the queue waits for
thousands that find nothing to do.
"""

import logging
import time

from celery import current_app
from django.core.cache import cache

from integrations import failpoints

logger = logging.getLogger(__name__)

# After Redis refused once, requests stop trying for a moment instead of each waiting for it.
PAUSE_SECONDS = 5.0
# A hint that nobody took for so long does not keep the next one back: it may be lost.
TRUST_SECONDS = 10
EXPIRES_SECONDS = 30
_silent_until = 0.0


def nudge(task_name: str, *arguments: str) -> None:
    """Ask a worker to run a task now; when Redis is gone, beat's next round does it instead."""
    global _silent_until
    failpoints.reached("after-commit-before-nudge")
    if time.monotonic() < _silent_until:
        return
    # A cache that does without Redis says yes to everything.
    if not cache.add(_mark(task_name, *arguments), 1, TRUST_SECONDS):
        return
    try:
        current_app.send_task(task_name, arguments, expires=EXPIRES_SECONDS, retry=False)
    except Exception:
        _silent_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("could not wake a worker for %s; the next sweep will", task_name)


def taken(task_name: str, *arguments: str) -> None:
    """Said by the task before it looks for work: what is committed from now on needs a new hint."""
    cache.delete(_mark(task_name, *arguments))


def _mark(task_name: str, *arguments: str) -> str:
    return ":".join(("nudged", task_name, *arguments))
