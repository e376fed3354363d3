"""Tasks of leads, and the first-response targets, in the admin: the verbs of their pages."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from accounts.admin_access import access
from accounts.admin_base import (
    HistoryInline,
    ScopedRelatedFilter,
    VerbAdmin,
    VerbForm,
    do_to_each,
    short_time,
)
from accounts.admin_decorators import display
from accounts.permissions import Permission
from leads.admin.history import OfLeads
from leads.diary import followups
from leads.models import ResponseSettings, Task
from leads.responding import response
from leads.responding.response_forms import DAYS, holidays_in


class TaskInline(HistoryInline):
    model = Task
    fields = ("due_at", "title", "owner", "done_at", "done_by")
    ordering = ("due_at", "id")


class DoneFilter(admin.SimpleListFilter):
    title = gettext_lazy("done")
    parameter_name = "done"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", _("To be done")), ("yes", _("Done"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(done_at__isnull=self.value() == "no")


@admin.register(Task)
class TaskAdmin(OfLeads):
    """Added and changed on the page of the lead; here tasks are found and ticked off."""

    change_verb_permission = Permission.LEAD_EDIT
    list_display = ("title", "lead", "due", "task_owner", "is_ticked_off", "workspace")
    list_select_related = ("lead__contact", "owner", "workspace")
    list_filter = (
        DoneFilter,
        ("workspace", ScopedRelatedFilter),
        ("due_at", RangeDateFilter),
    )
    ordering = ("due_at", "id")
    fields = (
        "lead",
        "workspace",
        "title",
        "notes",
        ("due_at", "reminder_at", "reminded_at"),
        "owner",
        ("done_at", "done_by", "closed_with_lead"),
        ("created_at", "created_by"),
    )
    actions = ("mark_done", "mark_open")

    @display(description=gettext_lazy("Due"), ordering="due_at")
    def due(self, row: Task) -> str:
        return short_time(row.due_at)

    @display(description=gettext_lazy("Owner"), ordering="owner__name")
    def task_owner(self, row: Task) -> str:
        return row.owner.get_full_name() if row.owner else "–"

    @display(description=gettext_lazy("Done"), boolean=True)
    def is_ticked_off(self, row: Task) -> bool:
        return row.is_done

    def has_mark_permission(self, request: HttpRequest) -> bool:
        return self.allows(request, self.change_verb_permission, None)

    @admin.action(description=gettext_lazy("Done"), permissions=["mark"])
    def mark_done(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        self._mark(request, queryset, is_done=True)

    @admin.action(description=gettext_lazy("To be done again"), permissions=["mark"])
    def mark_open(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        self._mark(request, queryset, is_done=False)

    def _mark(self, request: HttpRequest, rows: QuerySet[Task], *, is_done: bool) -> None:
        verb = followups.complete if is_done else followups.reopen
        do_to_each(
            request,
            rows.select_related("workspace"),
            lambda row: verb(row.pk, actor=self.actor(request, row)),
            said=_("%(count)d tasks changed."),
        )


class ResponseSettingsForm(VerbForm):
    """Days as boxes, holidays as lines."""

    days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Business days"),
        choices=DAYS,
        coerce=int,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        initial=["0", "1", "2", "3", "4"],
    )
    holidays = forms.CharField(
        label=gettext_lazy("Holidays"),
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 6}),
        help_text=gettext_lazy("One day a line, such as 2026-12-25."),
    )

    class Meta:
        model = ResponseSettings
        fields = ("workspace", *response.CHANGEABLE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["days"] = [str(day) for day in self.instance.days]
        self.initial["holidays"] = "\n".join(day.isoformat() for day in self.instance.holidays)

    def clean_holidays(self) -> list[date]:
        return holidays_in(self.cleaned_data["holidays"])


@admin.register(ResponseSettings)
class ResponseSettingsAdmin(VerbAdmin):
    add_permission = Permission.RULE_EDIT
    change_permission = Permission.RULE_EDIT
    form = ResponseSettingsForm
    list_display = ("workspace", "target_minutes", "opens_at", "closes_at", "updated_at")
    list_filter = (("workspace", ScopedRelatedFilter),)
    list_select_related = ("workspace",)
    search_fields = ("workspace__name", "workspace__slug")
    ordering = ("workspace__name", "id")
    fields = ("workspace", *response.CHANGEABLE)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("workspace",) if obj else ()

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        actor = access(request).actor(data.pop("workspace"))
        return response.save(actor=actor, changes=data)

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        response.save(actor=self.actor(request, obj), changes=changes)
