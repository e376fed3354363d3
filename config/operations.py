"""The admin's home: what waits, what is stuck, and whether beat and a worker are alive.

Each figure counts what the list behind it shows this person: superusers see all workspaces, others
their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Count, Min, Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import heartbeat
from accounts.admin_access import access
from accounts.models import Workspace
from conversions.models import Upload
from integrations import health
from integrations.models import Connection, OutboxEvent

Status = Upload.Status


@dataclass(frozen=True)
class Figure:
    """One card: a count, since when the oldest waits, and the list it leads to."""

    title: str
    meaning: str
    count: int
    link: str
    oldest: datetime | None = None
    # Needs a person as soon as it is not zero.
    alarming: bool = False


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What unfold's index page is given (its DASHBOARD_CALLBACK)."""
    context["figures"] = [*_uploads(request), *_events(request), *_connections(request)]
    if access(request).sees_everything:
        # Of the installation, and so of nobody's workspace.
        last = heartbeat.last()
        age = (timezone.now() - last).total_seconds() if last else None
        context["heartbeat"] = {
            "at": last,
            "is_late": age is not None and age > heartbeat.LATE_SECONDS,
        }
    return context


def _rows(model: type[Model], request: HttpRequest) -> QuerySet[Any] | None:
    """What the person's list of the model holds; None when they have no such list."""
    model_admin = admin.site.get_model_admin(model)
    return model_admin.get_queryset(request) if model_admin.has_view_permission(request) else None


def _list(model: type[Model], **filters: str) -> str:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(filters)}"


def _uploads(request: HttpRequest) -> Iterator[Figure]:
    rows = _rows(Upload, request)
    if rows is None:
        return
    words = {
        Status.FAILED: (_("Failed uploads"), _("The platform refused them for good.")),
        Status.HELD: (_("Held uploads"), _("A connection's settings need a person.")),
        Status.RETRYING: (_("Retrying uploads"), _("They failed, and go again by themselves.")),
        Status.PENDING: (
            _("Pending uploads"),
            _("On their way. A long wait: no worker, or a pause."),
        ),
    }
    # By workspace, because the index over status begins with it.
    figures = (
        rows.filter(workspace__in=Workspace.objects.all(), status__in=list(words))
        .order_by()
        .values_list("status")
        .annotate(Count("id"), Min("created_at"))
    )
    known = {status: (count, oldest) for status, count, oldest in figures}
    for status, (title, meaning) in words.items():
        count, oldest = known.get(status, (0, None))
        yield Figure(
            title,
            meaning,
            count,
            _list(Upload, status__exact=status.value),
            oldest,
            alarming=status in (Status.FAILED, Status.HELD),
        )


def _events(request: HttpRequest) -> Iterator[Figure]:
    rows = _rows(OutboxEvent, request)
    if rows is None:
        return
    rows = rows.filter(processed_at__isnull=True).order_by()
    aside = rows.filter(set_aside_at__isnull=False)
    waiting = rows.filter(set_aside_at__isnull=True)
    for title, meaning, found, state, alarming in (
        (
            _("Events set aside"),
            _("They failed too often. Mend the cause, then replay."),
            aside,
            "set_aside",
            True,
        ),
        (
            _("Events waiting"),
            _("News not handed on yet. Long waits: no worker."),
            waiting,
            "waiting",
            False,
        ),
    ):
        known = found.aggregate(count=Count("id"), oldest=Min("created_at"))
        link = _list(OutboxEvent, state=state)
        yield Figure(title, meaning, known["count"], link, known["oldest"], alarming)


def _connections(request: HttpRequest) -> Iterator[Figure]:
    rows = _rows(Connection, request)
    if rows is None:
        return
    yield Figure(
        _("Connections in trouble"),
        _("Their last calls failed, or the platform asked for a pause."),
        rows.filter(health.in_trouble(timezone.now())).count(),
        _list(Connection, trouble="yes"),
        alarming=True,
    )
