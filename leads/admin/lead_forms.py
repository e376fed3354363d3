"""Public lead forms in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.admin_access import access
from accounts.admin_base import ScopedRelatedFilter, VerbAdmin
from accounts.permissions import Permission
from leads.capture import lead_forms
from leads.models import LeadForm


@admin.register(LeadForm)
class LeadFormAdmin(VerbAdmin):
    add_permission = Permission.RULE_EDIT
    change_permission = Permission.RULE_EDIT
    delete_permission = Permission.RULE_EDIT
    list_display = ("name", "title", "source", "is_active", "workspace", "updated_at")
    list_filter = ("is_active", "source", ("workspace", ScopedRelatedFilter))
    list_select_related = ("workspace",)
    search_fields = ("name", "title")
    ordering = ("name", "id")
    fields = ("workspace", *lead_forms.CHANGEABLE, "token")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("workspace", "token") if obj else ("token",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return lead_forms.first_values() | super().get_changeform_initial_data(request)

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        actor = access(request).actor(data.pop("workspace"))
        return lead_forms.create(actor=actor, values=data)

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        lead_forms.update(obj, actor=self.actor(request, obj), changes=changes)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        lead_forms.delete(obj, actor=self.actor(request, obj))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)
