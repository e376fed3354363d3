"""The calls of campaigns, and how they may end, in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter

from accounts.admin_access import access
from accounts.admin_base import ReadOnlyAdmin, ScopedRelatedFilter, VerbAdmin
from accounts.permissions import Permission
from campaigns import outcomes
from campaigns.models import CallAttempt, CallOutcome
from leads.admin.scope import PersonSearch, visible


@admin.register(CallAttempt)
class CallAttemptAdmin(PersonSearch, ReadOnlyAdmin):
    contact_path = "campaign_lead__lead__contact"
    lead_path = "campaign_lead__lead"
    list_display = ("at", "outcome", "created_by", "duration", "campaign", "workspace")
    list_filter = (
        "outcome",
        ("campaign", ScopedRelatedFilter),
        ("workspace", ScopedRelatedFilter),
        ("at", RangeDateFilter),
    )
    list_select_related = ("campaign", "workspace")
    ordering = ("-at", "-id")
    fields = (
        ("at", "outcome", "duration"),
        ("campaign", "campaign_lead"),
        "workspace",
        ("user", "created_by"),
        "notes",
        "callback_at",
        ("pledged_amount", "donated_amount"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), request, path="campaign_lead__lead")


@admin.register(CallOutcome)
class CallOutcomeAdmin(VerbAdmin):
    """An outcome that is not wanted any more is switched off: calls that have it keep it."""

    add_permission = Permission.CAMPAIGN_EDIT
    change_permission = Permission.CAMPAIGN_EDIT
    list_display = ("label", "code", "status", "is_reached", "is_successful", "workspace")
    list_filter = (("status", ChoicesDropdownFilter), ("workspace", ScopedRelatedFilter))
    list_select_related = ("workspace",)
    search_fields = ("label", "code")
    ordering = ("position", "label", "id")
    fields = (
        ("label", "code"),
        "workspace",
        ("status", "delay_minutes"),
        ("is_reached", "is_successful"),
        "is_active",
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Calls name their outcome by its code.
        return ("workspace", "code") if obj else ()

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        actor = access(request).actor(data.pop("workspace"))
        return outcomes.add(actor=actor, values=data)

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        outcomes.change(obj.pk, actor=self.actor(request, obj), changes=changes)
