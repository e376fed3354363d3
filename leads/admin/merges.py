"""Merges and suggestions in the admin: to be looked at; merging is done on a page of its own."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter

from accounts.admin_access import access
from accounts.admin_base import ReadOnlyAdmin, ScopedRelatedFilter
from accounts.admin_decorators import display
from leads.admin.scope import PersonSearch, own_only_workspaces
from leads.merges import merge_rows
from leads.models import DuplicateScan, DuplicateSuggestion, Merge


class OfTwoContacts(PersonSearch, ReadOnlyAdmin):
    """Rows about two contacts; a rep who sees own leads only sees none of them here."""

    lead_path = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        hidden = [workspace.pk for workspace in own_only_workspaces(access(request))]
        return super().get_queryset(request).exclude(workspace__in=hidden)


@admin.register(Merge)
class MergeAdmin(OfTwoContacts):
    contact_path = "kept"
    list_display = ("created_at", "kept", "lost", "merged_by", "undone_at", "workspace")
    list_select_related = ("kept", "lost", "workspace")
    list_filter = (
        ("undone_at", admin.EmptyFieldListFilter),
        ("workspace", ScopedRelatedFilter),
        ("created_at", RangeDateFilter),
    )
    ordering = ("-created_at", "-id")
    fields = (
        "workspace",
        ("kept", "lost"),
        ("kept_lead", "lost_lead"),
        "choices",
        "what_moved",
        ("merged_by", "created_at"),
        ("undone_by", "undone_at"),
    )

    @display(description=gettext_lazy("Moved along"))
    def what_moved(self, row: Merge) -> str:
        counts = merge_rows.counted(row.moved)
        return ", ".join(f"{label}: {number}" for label, number in counts.items()) or "–"


@admin.register(DuplicateSuggestion)
class DuplicateSuggestionAdmin(OfTwoContacts):
    contact_path = "first"
    list_display = ("created_at", "first", "second", "why", "dismissed_at", "workspace")
    list_select_related = ("first", "second", "workspace")
    list_filter = (
        ("dismissed_at", admin.EmptyFieldListFilter),
        ("workspace", ScopedRelatedFilter),
        ("created_at", RangeDateFilter),
    )
    ordering = ("-created_at", "-id")
    fields = (
        "workspace",
        ("first", "second"),
        "why",
        "created_at",
        ("dismissed_by", "dismissed_at"),
        "merge",
    )

    @display(description=gettext_lazy("Reasons"))
    def why(self, row: DuplicateSuggestion) -> str:
        return ", ".join(row.reason_labels)


@admin.register(DuplicateScan)
class DuplicateScanAdmin(ReadOnlyAdmin):
    """How far the contacts from before were looked through."""

    list_display = ("workspace", "created_at", "finished_at")
    list_select_related = ("workspace",)
    list_filter = (("workspace", ScopedRelatedFilter),)
    ordering = ("-created_at",)
    fields = ("workspace", "created_at", "finished_at")
