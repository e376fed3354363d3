"""Files of leads that came in and went out."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter

from accounts.admin_base import ReadOnlyAdmin, ScopedRelatedFilter, do_to_each, short_time
from accounts.admin_decorators import display
from accounts.permissions import Permission
from campaigns.exports import exports
from campaigns.imports import imports
from campaigns.models import Export, Import, ImportMapping


class _SteeredAdmin(ReadOnlyAdmin):
    """Work that a worker does, and that whoever may see it may steer."""

    steered: str | Promise

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return self.allows(request, self.view_permission, None)

    def steer(self, request: HttpRequest, rows: QuerySet[Any], verb: Callable[..., Any]) -> None:
        do_to_each(
            request,
            rows.select_related("workspace"),
            lambda row: verb(row.pk, actor=self.actor(request, row)),
            said=str(self.steered),
        )


@admin.register(Import)
class ImportAdmin(_SteeredAdmin):
    steered = gettext_lazy("%(count)d imports changed.")
    view_permission = Permission.IMPORT
    list_display = (
        "file_name",
        "status",
        "work",
        "total",
        "created",
        "updated",
        "skipped",
        "failed",
        "created_by",
        "workspace",
    )
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("workspace", ScopedRelatedFilter),
        ("created_at", RangeDateFilter),
    )
    list_select_related = ("workspace",)
    search_fields = ("file_name", "created_by", "error")
    ordering = ("-created_at", "-id")
    actions = ("take_in", "undo")
    fields = (
        ("file_name", "file_size", "kind"),
        ("status", "work"),
        "workspace",
        "error",
        ("total", "created", "updated", "skipped", "failed"),
        ("foreseen", "undone"),
        ("lead_list", "new_list_name", "campaign", "priority"),
        ("duplicates", "match_on"),
        ("headers", "mapping", "options", "file_facts"),
        ("created_by", "via", "created_at"),
        ("started_at", "finished_at", "attempts"),
    )

    @admin.action(description=gettext_lazy("Take in, or go on"), permissions=["steer"])
    def take_in(self, request: HttpRequest, queryset: QuerySet[Import]) -> None:
        self.steer(request, queryset, imports.run)

    @admin.action(description=gettext_lazy("Undo"), permissions=["steer"])
    def undo(self, request: HttpRequest, queryset: QuerySet[Import]) -> None:
        self.steer(request, queryset, imports.undo)


@admin.register(ImportMapping)
class ImportMappingAdmin(ReadOnlyAdmin):
    view_permission = Permission.IMPORT
    list_display = ("__str__", "duplicates", "created_by", "used_at", "workspace")
    list_filter = (("workspace", ScopedRelatedFilter),)
    list_select_related = ("workspace",)
    search_fields = ("created_by",)
    ordering = ("-used_at", "-id")
    fields = (
        "workspace",
        ("headers", "mapping"),
        ("duplicates", "match_on", "options"),
        ("created_by", "created_at", "used_at"),
    )


@admin.register(Export)
class ExportAdmin(_SteeredAdmin):
    steered = gettext_lazy("%(count)d exports changed.")
    view_permission = Permission.EXPORT
    list_display = (
        *("__str__", "kind", "shown_status", "so_far", "created_by"),
        *("expires_at", "workspace", "when"),
    )
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("workspace", ScopedRelatedFilter),
        ("created_at", RangeDateFilter),
    )
    list_select_related = ("workspace",)
    search_fields = ("file_name", "created_by", "error")
    ordering = ("-created_at", "-id")
    actions = ("discard", "begin_again")
    fields = (
        ("file_name", "file_size", "file_format"),
        ("kind", "lead_list", "campaign"),
        "workspace",
        ("filter", "columns"),
        ("status", "done", "total"),
        "error",
        ("created_by", "via", "created_at"),
        ("started_at", "finished_at", "expires_at"),
    )

    @display(
        description=gettext_lazy("Status"),
        ordering="status",
        label={
            "queued": "info",
            "running": "primary",
            "completed": "success",
            "failed": "danger",
            "expired": "warning",
        },
    )
    def shown_status(self, row: Export) -> tuple[str, str]:
        return row.status, row.get_status_display()

    @display(description=gettext_lazy("Leads"))
    def so_far(self, row: Export) -> str:
        return f"{row.done} / {row.total}"

    @display(description=gettext_lazy("When"), ordering="created_at")
    def when(self, row: Export) -> str:
        return short_time(row.created_at)

    @admin.action(description=gettext_lazy("Stop, or delete the file"), permissions=["steer"])
    def discard(self, request: HttpRequest, queryset: QuerySet[Export]) -> None:
        self.steer(request, queryset, exports.discard)

    @admin.action(description=gettext_lazy("Make anew"), permissions=["steer"])
    def begin_again(self, request: HttpRequest, queryset: QuerySet[Export]) -> None:
        self.steer(request, queryset, exports.begin_again)
