"""The outbox: news is written with the change it tells of, then handed to every consumer once.

`emit` writes a row in the caller's transaction and nudges a worker after its commit. `drain` takes
unprocessed rows with SKIP LOCKED (never by an id cursor: ids commit out of order), lets each
consumer write what it owes the news under its own unique keys, and marks the row, all in one
transaction per event. The nudge may be lost; a beat job drains every few seconds anyway.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.tenancy import scope, system_scope
from integrations.models import OutboxEvent
from integrations.nudges import nudge

logger = logging.getLogger(__name__)

Consumer = Callable[[OutboxEvent], None]

MAX_ATTEMPTS = 8
FIRST_RETRY = timedelta(seconds=5)
BATCH = 100

_consumers: list[tuple[str, Consumer]] = []


def register_consumer(type_prefix: str, consumer: Consumer) -> None:
    """Let `consumer` hear of every event whose type starts with `type_prefix`."""
    if (type_prefix, consumer) not in _consumers:
        _consumers.append((type_prefix, consumer))


def emit(*, workspace_id: UUID, type: str, subject_id: UUID, payload: dict[str, Any]) -> None:
    """Write one event inside the caller's transaction."""
    emit_many(
        [OutboxEvent(workspace_id=workspace_id, type=type, subject_id=subject_id, payload=payload)]
    )


def emit_many(events: Sequence[OutboxEvent]) -> None:
    """Write unsaved events inside the caller's transaction, with one nudge for all of them."""
    OutboxEvent.objects.bulk_create(events)
    transaction.on_commit(partial(nudge, "integrations.tasks.drain_outbox"), robust=True)


def drain(limit: int = BATCH) -> int:
    """Hand up to `limit` waiting events to their consumers; returns how many were taken."""
    with system_scope():
        now = timezone.now()
        due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=now)
        waiting = list(
            OutboxEvent.objects.filter(due, processed_at__isnull=True, set_aside_at__isnull=True)
            .order_by("id")
            .values_list("id", "workspace_id")[:limit]
        )
    return sum(_process(event_id, workspace_id) for event_id, workspace_id in waiting)


def _process(event_id: UUID, workspace_id: UUID) -> int:
    """One event in one transaction; 0 when another worker has it."""
    try:
        with scope(workspace_id):
            event = (
                OutboxEvent.objects.in_workspace(workspace_id)
                .select_for_update(skip_locked=True, no_key=True)
                .filter(pk=event_id, processed_at__isnull=True, set_aside_at__isnull=True)
                .first()
            )
            if event is None:
                return 0
            for prefix, consumer in _consumers:
                if event.type.startswith(prefix):
                    consumer(event)
            event.processed_at = timezone.now()
            event.attempts = F("attempts") + 1
            event.save(update_fields=["processed_at", "attempts"])
    except Exception as error:
        # One poisoned event must not stop the queue: it backs off, then waits for a person.
        logger.exception("outbox event %s failed", event_id)
        _note_failure(event_id, workspace_id, error)
    return 1


def _note_failure(event_id: UUID, workspace_id: UUID, error: Exception) -> None:
    with scope(workspace_id):
        event = (
            OutboxEvent.objects.in_workspace(workspace_id)
            .select_for_update(no_key=True)
            .get(pk=event_id)
        )
        now = timezone.now()
        event.attempts += 1
        event.last_error = f"{type(error).__name__}: {error}"[:2000]
        if event.attempts >= MAX_ATTEMPTS:
            event.set_aside_at = now
        event.next_attempt_at = now + FIRST_RETRY * 2 ** (event.attempts - 1)
        event.save(update_fields=["attempts", "last_error", "set_aside_at", "next_attempt_at"])


def replay(event: OutboxEvent) -> None:
    """Put a set-aside event back into the queue with fresh tries."""
    OutboxEvent.objects.in_workspace(event.workspace_id).filter(
        pk=event.pk, processed_at__isnull=True
    ).update(set_aside_at=None, attempts=0, next_attempt_at=None)
    transaction.on_commit(partial(nudge, "integrations.tasks.drain_outbox"), robust=True)
