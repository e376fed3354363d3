"""Saved views in the admin: what workspaces share, and one's own."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.admin_access import access
from accounts.admin_base import (
    HistoryInline,
    ReadOnlyAdmin,
    ScopedRelatedFilter,
    VerbAdmin,
    refused,
    tell_refusals,
)
from accounts.admin_decorators import display
from accounts.permissions import Permission
from leads.listing import saved_views
from leads.models import PinnedView, SavedView


class PinnedViewInline(HistoryInline):
    model = PinnedView
    fields = ("user", "place", "created_at")
    ordering = ("created_at",)
    show_change_link = False


@admin.register(SavedView)
class SavedViewAdmin(VerbAdmin):
    """Made and filled on the Leads page; here they are found, renamed and deleted."""

    change_permission = Permission.RULE_EDIT
    delete_permission = Permission.RULE_EDIT
    list_display = ("name", "whose", "query", "created_by", "workspace", "updated_at")
    list_filter = (("workspace", ScopedRelatedFilter),)
    list_select_related = ("owner", "workspace")
    search_fields = ("name", "created_by", "owner__name", "owner__email")
    ordering = ("name", "id")
    fields = (
        "name",
        "owner",
        "workspace",
        "filters",
        "ordering",
        "columns",
        ("created_by", "created_at", "updated_at"),
    )
    readonly_fields = (
        *("owner", "workspace", "filters", "ordering", "columns"),
        *("created_by", "created_at", "updated_at"),
    )
    inlines = (PinnedViewInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if access(request).sees_everything:
            return rows
        return rows.filter(Q(owner__isnull=True) | Q(owner=request.user))

    @display(description=gettext_lazy("Whose"), ordering="owner__name")
    def whose(self, row: SavedView) -> str:
        return row.owner.get_full_name() if row.owner else str(gettext_lazy("Everybody's"))

    @display(description=gettext_lazy("Filters"))
    def query(self, row: SavedView) -> str:
        return row.state.urlencode(safe=",")[:80] or "–"

    def allows(self, request: HttpRequest, permission: Permission | None, obj: Any) -> bool:
        """What somebody keeps for themselves is theirs alone to change."""
        row = self.row(request, obj) if isinstance(obj, str) else obj
        is_foreign = row is not None and row.owner_id not in (None, request.user.pk)
        if is_foreign and permission != self.view_permission:
            return False
        return super().allows(request, permission, obj)

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        saved_views.change(obj, actor=self.actor(request, obj), changes=changes)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, SavedView.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        refusals = refused(
            queryset.select_related("workspace"),
            lambda row: saved_views.delete(row, actor=self.actor(request, row)),
        )
        tell_refusals(request, refusals)


@admin.register(PinnedView)
class PinnedViewAdmin(ReadOnlyAdmin):
    """Who has which view at hand."""

    view_permission = Permission.MEMBER_MANAGE
    list_display = ("user", "view", "place", "workspace", "created_at")
    list_filter = (("workspace", ScopedRelatedFilter),)
    list_select_related = ("user", "view", "workspace")
    search_fields = ("user__name", "user__email", "view__name")
    ordering = ("user__name", "place")
    fields = ("user", "view", "place", "workspace", "created_at")
