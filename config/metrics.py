"""`/metrics` in Prometheus' text format: how requests go, and what waits in the database.

Requests are counted by each process. With several web processes, PROMETHEUS_MULTIPROC_DIR names a
directory in which they add up their counts; what waits is asked of PostgreSQL at the time.
"""

import hmac
import ipaddress
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from accounts import heartbeat
from accounts.models import Workspace
from accounts.tenancy import system_scope
from conversions.models import Upload
from integrations.models import OutboxEvent

PATH = "/metrics"
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
# Headers of a proxy: behind one, the address of the connection says nothing about the caller.
_FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")
# What is done with is counted nowhere: that would read the whole table at each scrape.
_WAITING = (Upload.Status.PENDING, Upload.Status.RETRYING)
_STUCK = (Upload.Status.SENDING, Upload.Status.HELD, Upload.Status.FAILED)

_REQUESTS = Histogram(
    "leadloop_request_seconds",
    "Requests and the time to answer them",
    ["method", "route", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class MetricsMiddleware:
    """Counts every request and answers `/metrics`, before hosts are looked at (see health)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == PATH:
            return metrics(request)
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        _REQUESTS.labels(
            # A caller may invent methods and addresses, but must not invent time series.
            method=request.method if request.method in _METHODS else "other",
            route=(match.view_name if match else "") or "none",
            status=f"{response.status_code // 100}xx",
        ).observe(time.perf_counter() - started)
        return response


def metrics(request: HttpRequest) -> HttpResponse:
    """Everything, for those who may know how busy this installation is."""
    if not _may_read(request):
        return HttpResponse("Not allowed.\n", status=403, content_type="text/plain")
    waiting = CollectorRegistry(auto_describe=False)
    waiting.register(Waiting())
    body = generate_latest(_counted()) + generate_latest(waiting)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    """With METRICS_TOKEN by its bearer alone, without it on this machine alone."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _counted() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)
    return together


class Waiting(Collector):
    """What waits in the database, of all workspaces together; found by partial indexes."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        reached = GaugeMetricFamily("leadloop_database_up", "Whether the database answers")
        yield from _heartbeat()
        try:
            with system_scope():
                found = [*_outbox(), *_uploads()]
        except (DatabaseError, InterfaceError):
            # The counts of requests are wanted then more than ever.
            reached.add_metric([], 0)
            yield reached
            return
        reached.add_metric([], 1)
        yield reached
        yield from found


def _age(since: datetime | None) -> float:
    return max(0.0, (timezone.now() - since).total_seconds()) if since else 0.0


def _heartbeat() -> list[Metric]:
    """Nothing while it is unknown: an alarm on its absence tells of a Redis that is gone."""
    last = heartbeat.last()
    words = "Since beat and a worker last did a round together"
    return [GaugeMetricFamily("leadloop_heartbeat_seconds", words, _age(last))] if last else []


def _outbox() -> list[Metric]:
    events = OutboxEvent.objects.filter(processed_at__isnull=True)
    waiting = events.filter(set_aside_at__isnull=True).aggregate(
        n=Count("id"), at=Min("created_at")
    )
    return [
        GaugeMetricFamily("leadloop_outbox_waiting", "Outbox events that wait", waiting["n"]),
        GaugeMetricFamily(
            "leadloop_outbox_oldest_seconds", "Age of the oldest that waits", _age(waiting["at"])
        ),
        GaugeMetricFamily(
            "leadloop_outbox_set_aside",
            "Outbox events that failed too often and wait for a person",
            events.filter(set_aside_at__isnull=False).count(),
        ),
    ]


def _uploads() -> list[Metric]:
    counts = GaugeMetricFamily(
        "leadloop_uploads", "Uploads that are not done with, by status", labels=["status"]
    )
    ages = GaugeMetricFamily(
        "leadloop_uploads_oldest_seconds", "Age of the oldest upload in a status", labels=["status"]
    )
    # By workspace, because the index over status begins with it.
    stuck = Upload.objects.filter(workspace__in=Workspace.objects.all(), status__in=_STUCK)
    known: dict[str, tuple[int, datetime]] = {}
    for rows in (Upload.objects.filter(status__in=_WAITING), stuck):
        figures = rows.order_by().values_list("status").annotate(Count("id"), Min("created_at"))
        known |= {status: (count, oldest) for status, count, oldest in figures}
    for status in (*_WAITING, *_STUCK):
        count, oldest = known.get(status, (0, None))
        counts.add_metric([status.value], count)
        ages.add_metric([status.value], _age(oldest))
    return [counts, ages]
