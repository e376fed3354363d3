"""The outbox: news is written with the change it tells of, then handed to every consumer once.

`emit` writes a row in the caller's transaction and nudges a worker after its commit. `drain` takes
unprocessed rows with SKIP LOCKED (never by an id cursor: ids commit out of order), lets each
consumer write what it owes the news under its own unique keys, and marks the rows: what waits of
one workspace in one transaction, and one by one when any of it fails. The nudge may be lost; a beat
job drains every few seconds anyway.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.bulk import insert_rows
from accounts.ids import first_id_at
from accounts.pruning import delete_batch
from accounts.tenancy import scope, system_scope
from integrations.models import OutboxEvent
from integrations.nudges import nudge

logger = logging.getLogger(__name__)

# Takes events of one workspace, in the order of their ids.
Consumer = Callable[[Sequence[OutboxEvent]], None]

MAX_ATTEMPTS = 8
FIRST_RETRY = timedelta(seconds=5)
BATCH = 200
# What consumers made of an event stays; the event itself is kept for people who look into a fault.
KEPT_FOR = timedelta(days=30)

_consumers: list[tuple[str, Consumer]] = []


def register_consumer(type_prefix: str, consumer: Consumer) -> None:
    """Let `consumer` hear of the events whose type starts with `type_prefix`, several at a time."""
    if (type_prefix, consumer) not in _consumers:
        _consumers.append((type_prefix, consumer))


def emit(*, workspace_id: UUID, type: str, subject_id: UUID, payload: dict[str, Any]) -> None:
    """Write one event inside the caller's transaction."""
    emit_many(
        [OutboxEvent(workspace_id=workspace_id, type=type, subject_id=subject_id, payload=payload)]
    )


def emit_many(events: Sequence[OutboxEvent]) -> None:
    """Write unsaved events inside the caller's transaction, with one nudge for all of them."""
    insert_rows(events)
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
    by_workspace: dict[UUID, list[UUID]] = defaultdict(list)
    for event_id, workspace_id in waiting:
        by_workspace[workspace_id].append(event_id)
    return sum(_hand_on(ids, workspace_id) for workspace_id, ids in by_workspace.items())


def _hand_on(event_ids: Sequence[UUID], workspace_id: UUID) -> int:
    """Process them together, or, when that fails, each on its own; returns how many were taken."""
    try:
        return _process(event_ids, workspace_id)
    except Exception as error:
        if len(event_ids) > 1:
            return sum(_hand_on([event_id], workspace_id) for event_id in event_ids)
        # One poisoned event must not stop the queue: it backs off, then waits for a person.
        logger.exception("outbox event %s failed", event_ids[0])
        _note_failure(event_ids[0], workspace_id, error)
        return 1


def _process(event_ids: Sequence[UUID], workspace_id: UUID) -> int:
    """Those that no other worker has, in one transaction."""
    with scope(workspace_id):
        mine = (
            OutboxEvent.objects.in_workspace(workspace_id)
            .select_for_update(skip_locked=True, no_key=True)
            .filter(pk__in=event_ids, processed_at__isnull=True, set_aside_at__isnull=True)
        )
        events = list(mine.order_by("id"))
        for prefix, consumer in _consumers:
            heard = [event for event in events if event.type.startswith(prefix)]
            if heard:
                consumer(heard)
        done = OutboxEvent.objects.in_workspace(workspace_id)
        done.filter(pk__in=[event.pk for event in events]).update(
            processed_at=timezone.now(), attempts=F("attempts") + 1
        )
    return len(events)


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


def forget_processed() -> int:
    """Drop a batch of events that were handed on long ago; returns how many.

    What waits or was set aside stays, however old.
    """
    before = timezone.now() - KEPT_FOR
    with system_scope():
        # Ids are ordered by time, and there is no index over what was processed.
        old = OutboxEvent.objects.filter(pk__lt=first_id_at(before), processed_at__lt=before)
        return delete_batch(old.order_by("pk"))
