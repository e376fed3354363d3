"""What workers do: scoring, the timer sweep and the outbox."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from django.db import connection

from accounts.actors import system_actor
from accounts.models import Workspace
from accounts.tenancy import scope, system_scope
from benchmarks.results import Result
from integrations import outbox
from leads import sweeping
from leads.models import Lead, Status
from leads.scoring import heat, heat_settings, heating, rescoring

DUE = 20_000
EVENTS = 10_000
TOUCHPOINTS = 1_000
# As the operators' page has them for two cores.
WORKERS = 2


def measure(workspace: Workspace, *, leads: int) -> Iterator[Result]:
    """Scoring by all workers, the others by one; the sweep's news is what the outbox has."""
    yield from _heat(workspace, leads)
    yield from _sweep(workspace, min(DUE, leads // 10))
    yield _drain()


def _heat(workspace: Workspace, leads: int) -> Iterator[Result]:
    """Every lead scored again: with nothing wrong, with everything; and after one event."""
    with system_scope(), connection.cursor() as cursor:
        # The floor: interactions counted, and compared with nothing.
        began = time.perf_counter()
        cursor.execute("SELECT lead_id, count(*) FROM leads_interaction GROUP BY 1")
        cursor.fetchall()
        least = leads / (time.perf_counter() - began)
    for what, factor in (("nothing wrong", 1), ("every warmed lead changes", 3)):
        if factor == 1:
            rescoring.request_repair()
        else:
            _weigh(factor)
        began = time.perf_counter()
        with ThreadPoolExecutor(WORKERS) as workers:
            written = sum(workers.map(_work_off, range(WORKERS)))
        took = time.perf_counter() - began
        yield Result(
            f"heat rescoring, all, {what}, {WORKERS} workers",
            f"{took:.1f} s ({leads / took:,.0f} leads/s)",
            "1M in 60 s",
            holds=took <= 60 * leads / 1_000_000,
            beside=f"{written:,} written; interactions bare, by lead: {least:,.0f} leads/s",
        )
    # As it was, for what is measured after this.
    _weigh(1)
    rescoring.work_off()
    yield _one_event(workspace)


def _work_off(_worker: int) -> int:
    try:
        return rescoring.work_off()
    finally:
        connection.close()


def _weigh(factor: int) -> None:
    weights = {kind: factor * points for kind, points in heat.DEFAULT.weights.items()}
    for workspace in Workspace.objects.all():
        with scope(workspace.pk):
            heat_settings.save(actor=system_actor(workspace), changes={"weights": weights})


def _one_event(workspace: Workspace) -> Result:
    """What heat adds to storing one touchpoint, with the dearest rules: a cap, and decay."""
    actor = system_actor(workspace)
    times = []
    with scope(workspace.pk):
        changes = {"caps": {"website_visit": 20}, "half_life_days": 30}
        heat_settings.save(actor=actor, changes=changes)
        hottest = Lead.objects.in_workspace(workspace.pk).for_list().order_by("-heat_score", "-pk")
        for lead in hottest[:TOUCHPOINTS]:
            entry = lead.interactions.filter(type="website_visit").first()
            if entry is not None:
                began = time.perf_counter()
                heating.warm(lead, entry)
                times.append((time.perf_counter() - began) * 1000)
        connection.set_rollback(True)
    times.sort()
    p95 = times[len(times) * 95 // 100]
    return Result(
        "heat after one event",
        f"p95 {p95:.1f} ms",
        "≤ 5 ms",
        holds=p95 <= 5,
        beside=f"median {times[len(times) // 2]:.1f} ms; with a cap and decay",
    )


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
