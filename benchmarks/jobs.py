"""What workers do: the timer sweep and the outbox."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection

from accounts.models import Workspace
from accounts.tenancy import system_scope
from benchmarks.results import Result
from integrations import outbox
from leads import sweeping
from leads.models import Lead, Status

DUE = 20_000
EVENTS = 10_000


def measure(workspace: Workspace, *, leads: int) -> Iterator[Result]:
    """Run by one worker, alone; the sweep's news is what the outbox has to hand on."""
    yield from _sweep(workspace, min(DUE, leads // 10))
    yield _drain()


def _sweep(workspace: Workspace, due: int) -> Iterator[Result]:
    began = time.perf_counter()
    sweeping.close_overdue()
    nothing = (time.perf_counter() - began) * 1000
    yield Result("timer sweep, nothing due", f"{nothing:.0f} ms", "≤ 50 ms", holds=nothing <= 50)
    with system_scope():
        waiting = Lead.objects.in_workspace(workspace.pk).filter(status=Status.NEW)
        chosen = list(waiting.values_list("pk", flat=True)[:due])
        # The floor: the same rows changed by one statement, without entries and news.
        began = time.perf_counter()
        Lead.objects.filter(pk__in=chosen).update(
            auto_close_alarm_at=datetime.now(UTC) - timedelta(minutes=1)
        )
        least = due / (time.perf_counter() - began)
    began = time.perf_counter()
    closed = sweeping.close_overdue()
    took = time.perf_counter() - began
    yield Result(
        f"timer sweep, {due:,} due",
        f"{took:.1f} s ({closed / took:,.0f}/s)",
        "20,000 in 60 s",
        holds=closed == due and took <= 60 * due / DUE,
        beside=f"one bare UPDATE: {least:,.0f} rows/s",
    )


def _drain() -> Result:
    least = _bare_leasing()
    began = time.perf_counter()
    done = 0
    while done < EVENTS and (taken := outbox.drain()):
        done += taken
    rate = done / (time.perf_counter() - began)
    return Result(
        "outbox, events handed on by one worker",
        f"{rate:,.0f}/s",
        "≥ 500/s",
        holds=rate >= 500,
        beside=f"{done:,} events; bare SKIP LOCKED leasing, 200 at a time: {least:,.0f}/s",
    )


def _bare_leasing() -> float:
    """Rows a second that can be locked and marked; rolled back, so that they are still to do."""
    done = 0
    with system_scope(), connection.cursor() as cursor:
        began = time.perf_counter()
        for _round in range(10):
            cursor.execute(
                "UPDATE integrations_outboxevent SET attempts = attempts + 1 WHERE id IN ("
                "SELECT id FROM integrations_outboxevent WHERE processed_at IS NULL"
                " AND set_aside_at IS NULL AND attempts = 0"
                " ORDER BY id LIMIT 200 FOR NO KEY UPDATE SKIP LOCKED)"
            )
            done += cursor.rowcount
        took = time.perf_counter() - began
        connection.set_rollback(True)
    return done / took
