"""What workspaces count as warm, in the admin, and who waits to be scored again."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from accounts.admin_access import access
from accounts.admin_base import ReadOnlyAdmin, ScopedRelatedFilter, VerbAdmin
from accounts.permissions import Permission
from leads.models import HeatSettings, HeatStretch
from leads.scoring import heat, heat_settings


@admin.register(HeatSettings)
class HeatSettingsAdmin(VerbAdmin):
    """A workspace without a row has the default; saving scores its leads again."""

    add_permission = Permission.RULE_EDIT
    change_permission = Permission.RULE_EDIT
    list_display = ("workspace", "warm_from", "hot_from", "half_life_days", "updated_at")
    list_filter = (("workspace", ScopedRelatedFilter),)
    list_select_related = ("workspace",)
    search_fields = ("workspace__name", "workspace__slug")
    ordering = ("workspace__name", "id")
    fields = ("workspace", *heat_settings.CHANGEABLE)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("workspace",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        rules = heat.DEFAULT
        return {
            "weights": dict(rules.weights),
            "warm_from": rules.warm_from,
            "hot_from": rules.hot_from,
            **super().get_changeform_initial_data(request),
        }

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        actor = access(request).actor(data.pop("workspace"))
        return heat_settings.save(actor=actor, changes=_objects(data))

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        heat_settings.save(actor=self.actor(request, obj), changes=_objects(changes))


def _objects(changes: dict[str, Any]) -> dict[str, Any]:
    """An empty box of a JSON field is an empty object."""
    emptied: dict[str, Any] = {
        name: {} for name in ("weights", "caps") if changes.get(name, {}) is None
    }
    return changes | emptied


@admin.register(HeatStretch)
class HeatStretchAdmin(ReadOnlyAdmin):
    """Gone when its leads are scored; one that stays shows that no worker runs."""

    list_display = ("workspace", "due_at", "created_at", "first_lead", "before_lead")
    list_filter = (("workspace", ScopedRelatedFilter),)
    list_select_related = ("workspace",)
    search_fields = ("workspace__name", "workspace__slug")
    ordering = ("due_at", "id")
    fields = ("workspace", "due_at", "created_at", "first_lead", "before_lead")
