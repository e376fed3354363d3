"""Every change of every tracked row in one list, for owners."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter

from accounts import history
from accounts.admin_base import ReadOnlyAdmin, ScopedRelatedFilter, short_time
from accounts.admin_decorators import display
from accounts.history_schema import tracked_models
from accounts.models import HistoryEvent
from accounts.permissions import Permission


class KindOfRowFilter(admin.SimpleListFilter):
    title = gettext_lazy("kind of row")
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = tracked_models()
        return [(kind._meta.label_lower, capfirst(str(kind._meta.verbose_name))) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(model=self.value()) if self.value() else queryset


class HistoryEventAdmin(ReadOnlyAdmin):
    """Read only, for good: the database refuses to change or remove any of it."""

    view_permission = Permission.WORKSPACE_MANAGE
    list_display = (
        "shown_time",
        "kind",
        "operation",
        "what",
        "actor_label",
        "actor_kind",
        "via",
        "workspace",
    )
    list_select_related = ("workspace",)
    list_filter = (
        KindOfRowFilter,
        ("operation", ChoicesDropdownFilter),
        ("actor_kind", ChoicesDropdownFilter),
        ("workspace", ScopedRelatedFilter),
        ("created_at", RangeDateFilter),
    )
    ordering = ("-id",)
    search_fields = ("object_id__exact", "request_id__exact", "actor_id__exact")
    search_help_text = gettext_lazy("The id of a row, of an actor or of a request")
    fields = (
        ("created_at", "workspace"),
        ("kind", "object_id"),
        "operation",
        "words",
        ("actor_label", "actor_kind", "via"),
        ("actor_id", "request_id"),
    )

    @display(description=gettext_lazy("At"), ordering="id")
    def shown_time(self, row: HistoryEvent) -> str:
        return short_time(row.created_at)

    @display(description=gettext_lazy("Kind of row"))
    def kind(self, row: HistoryEvent) -> str:
        return capfirst(str(apps.get_model(row.model)._meta.verbose_name))

    @display(description=gettext_lazy("Changed"))
    def what(self, row: HistoryEvent) -> str:
        return ", ".join(history.changed_fields(row))

    @display(description=gettext_lazy("Changes"))
    def words(self, row: HistoryEvent) -> SafeString:
        (entry,) = history.told([row])
        return format_html_join("", "<p>{}</p>", ((str(change),) for change in entry.changes))
