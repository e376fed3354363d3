"""How a connection is doing, and the circuit breaker in front of its calls."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from django.db.models import Q

from integrations.contracts import Outcome
from integrations.models import Connection

# So many failed calls in a row open the breaker.
FAILURES_TO_PAUSE = 5
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)


class CallResult(Protocol):
    """What `note` needs to know of one event of a call."""

    @property
    def outcome(self) -> str: ...
    @property
    def explanation(self) -> str: ...
    @property
    def retry_after(self) -> float | None: ...
    @property
    def whole_call(self) -> bool: ...


def note(connection: Connection, results: Sequence[CallResult], *, now: datetime) -> None:
    """Write how a call went; enough failures in a row, or the platform's own word, pause it."""
    row = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    # A single event that has to wait says nothing about the others of its connection.
    troubles = [result for result in results if result.whole_call]
    answered = [r for r in results if r.outcome in (Outcome.ACCEPTED, Outcome.PERMANENT)]
    if answered:
        row.consecutive_failures = 0
        row.paused_until = None
        row.last_success_at = now
    if troubles:
        row.last_error_at = now
        row.last_error = troubles[0].explanation
        if not answered:
            row.consecutive_failures += 1
        row.paused_until = _pause(row, troubles, now)
    row.save(
        update_fields=[
            "consecutive_failures",
            "paused_until",
            "last_success_at",
            "last_error_at",
            "last_error",
            "updated_at",
        ]
    )


def _pause(row: Connection, troubles: Sequence[CallResult], now: datetime) -> datetime | None:
    asked = max((result.retry_after or 0.0 for result in troubles), default=0.0)
    pause = timedelta(seconds=asked)
    beyond = row.consecutive_failures - FAILURES_TO_PAUSE
    if beyond >= 0:
        pause = max(pause, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(beyond, 6)))
    return now + pause if pause else None


def state(connection: Connection, now: datetime) -> str:
    """`off`, `dry_run`, `paused`, `failing`, `ok` or `untried`."""
    if not connection.is_active:
        return "off"
    # What only sends to us needs none.
    if not connection.has_secrets and not connection.inbound_token:
        return "dry_run"
    if connection.paused_until and connection.paused_until > now:
        return "paused"
    if connection.consecutive_failures:
        return "failing"
    return "ok" if connection.last_success_at else "untried"


def in_trouble(now: datetime) -> Q:
    """Those whose last calls failed, or whose platform asked for a pause."""
    return Q(is_active=True) & (Q(consecutive_failures__gt=0) | Q(paused_until__gt=now))
