"""Jobs in the admin: what was done to many leads, canceled or taken up again."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateFilter

from accounts.admin_base import (
    ReadOnlyAdmin,
    ScopedRelatedFilter,
    do_to_each,
    short_time,
)
from accounts.admin_decorators import display
from accounts.permissions import Permission
from leads.bulk import jobs
from leads.bulk.bulk_actions import known_actions, words_for
from leads.models import Job

_COLORS = {
    "queued": "info",
    "running": "primary",
    "completed": "success",
    "failed": "danger",
    "canceled": "warning",
}


class ActionFilter(DropdownFilter):
    title = gettext_lazy("action")
    parameter_name = "action_name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(one.name, one.label) for one in known_actions()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    view_permission = Permission.METRICS_ALL
    list_display = ("words", "shown_status", "so_far", "failed", "created_by", "workspace", "when")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ActionFilter,
        ("workspace", ScopedRelatedFilter),
        ("created_at", RangeDateFilter),
    )
    list_select_related = ("workspace",)
    search_fields = ("created_by", "error")
    search_help_text = gettext_lazy("Who asked for it, or why it stopped")
    ordering = ("-created_at", "-id")
    actions = ("cancel", "run_again")
    fields = (
        ("words", "status"),
        "workspace",
        ("total", "changed", "unchanged", "failed"),
        "error",
        "errors",
        ("action", "parameters", "filter"),
        ("created_by", "via", "created_at"),
        ("started_at", "finished_at", "attempts"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("lead_ids")

    @display(description=gettext_lazy("What"))
    def words(self, row: Job) -> str:
        return words_for(row)

    @display(description=gettext_lazy("Status"), ordering="status", label=_COLORS)
    def shown_status(self, row: Job) -> tuple[str, str]:
        return row.status, row.get_status_display()

    @display(description=gettext_lazy("Leads"))
    def so_far(self, row: Job) -> str:
        return f"{row.done} / {row.total}"

    @display(description=gettext_lazy("When"), ordering="created_at")
    def when(self, row: Job) -> str:
        return short_time(row.created_at)

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return self.allows(request, Permission.LEAD_EDIT, None)

    @admin.action(description=gettext_lazy("Cancel"), permissions=["steer"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._steer(request, queryset, jobs.cancel)

    @admin.action(description=gettext_lazy("Run again"), permissions=["steer"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._steer(request, queryset, jobs.run_again)

    def _steer(
        self, request: HttpRequest, rows: QuerySet[Job], verb: Callable[..., object]
    ) -> None:
        do_to_each(
            request,
            rows.select_related("workspace"),
            lambda row: verb(row.pk, actor=self.actor(request, row)),
            said=_("%(count)d jobs changed."),
        )
