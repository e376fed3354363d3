"""The inbox: what outside services send is stored once, answered, and handled by a task.

The app that knows what a delivery means registers a handler for its kind. One that fails is tried
again with growing pauses, then waits for a person, with its error and a replay.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.acting import acting_itself
from accounts.tenancy import scope, system_scope
from integrations.models import Connection, InboundDelivery
from integrations.nudges import nudge

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
FIRST_RETRY = timedelta(seconds=10)
BATCH = 50

Status = InboundDelivery.Status
# Takes a delivery inside its workspace's scope; False when it belongs to nobody known.
Handler = Callable[[InboundDelivery], bool]

_handlers: dict[str, Handler] = {}


def register_handler(kind: str, handler: Handler) -> None:
    """Let `handler` make something of the deliveries of a kind."""
    _handlers[kind] = handler


def store(
    connection: Connection, *, kind: str, external_id: str, payload: Mapping[str, Any]
) -> None:
    """Keep what came, inside the caller's scope; the same external id again changes nothing."""
    row = InboundDelivery(
        workspace_id=connection.workspace_id,
        connection=connection,
        kind=kind,
        external_id=external_id,
        payload=dict(payload),
        next_attempt_at=timezone.now(),
    )
    InboundDelivery.objects.bulk_create([row], ignore_conflicts=True)
    _wake()


def handle_due() -> int:
    """Handle what waits, each in a transaction of its own; returns how many were looked at."""
    with system_scope():
        due = InboundDelivery.objects.filter(
            status=Status.WAITING, next_attempt_at__lte=timezone.now()
        )
        rows = list(due.order_by("next_attempt_at").values_list("pk", "workspace_id")[:BATCH])
    for delivery_id, workspace_id in rows:
        try:
            _handle(delivery_id, workspace_id)
        except Exception as error:
            # Its words may quote what was sent.
            logger.error("inbound delivery %s failed: %s", delivery_id, type(error).__name__)
            _note_failure(delivery_id, workspace_id, error)
    return len(rows)


def replay(delivery: InboundDelivery) -> None:
    """Handle it once more, with fresh tries; what was handled stays as it is."""
    rows = InboundDelivery.objects.in_workspace(delivery.workspace_id).filter(pk=delivery.pk)
    rows.exclude(status=Status.HANDLED).update(
        status=Status.WAITING, attempts=0, next_attempt_at=timezone.now()
    )
    _wake()


def _held(delivery_id: UUID, workspace_id: UUID) -> InboundDelivery | None:
    rows = InboundDelivery.objects.in_workspace(workspace_id).filter(status=Status.WAITING)
    locked = rows.select_for_update(skip_locked=True, no_key=True)
    found: InboundDelivery | None = locked.filter(pk=delivery_id).first()
    return found


def _handle(delivery_id: UUID, workspace_id: UUID) -> None:
    with acting_itself(via="webhook"), scope(workspace_id):
        row = _held(delivery_id, workspace_id)
        if row is None:
            return
        is_ours = _handlers[row.kind](row)
        row.status = Status.HANDLED if is_ours else Status.UNMATCHED
        row.attempts += 1
        row.last_error = ""
        row.next_attempt_at = None
        row.handled_at = timezone.now() if is_ours else None
        row.save()


def _note_failure(delivery_id: UUID, workspace_id: UUID, error: Exception) -> None:
    with scope(workspace_id):
        row = _held(delivery_id, workspace_id)
        if row is None:
            return
        row.attempts += 1
        row.last_error = type(error).__name__
        if row.attempts >= MOST_ATTEMPTS:
            row.status = Status.FAILED
        row.next_attempt_at = timezone.now() + FIRST_RETRY * 2 ** (row.attempts - 1)
        row.save()


def _wake() -> None:
    transaction.on_commit(partial(nudge, "integrations.tasks.handle_inbox"), robust=True)
