"""What happened with leads: timelines, arrivals and appointments, to be looked at."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter

from accounts.admin_base import (
    HistoryInline,
    ReadOnlyAdmin,
    ScopedRelatedFilter,
    do_to_each,
)
from accounts.admin_decorators import display
from accounts.permissions import Permission
from leads.admin.scope import PersonSearch, visible
from leads.diary import appointments
from leads.models import ATTRIBUTION_FIELDS, Appointment, Interaction, Touch

APPOINTMENT_COLORS = {
    "scheduled": "info",
    "attended": "success",
    "no_show": "danger",
    "canceled": "warning",
}


class InteractionInline(HistoryInline):
    model = Interaction
    fields = ("at", "type", "direction", "text", "actor_label", "via")
    ordering = ("-at", "-id")

    @display(description=gettext_lazy("Text"))
    def text(self, row: Interaction) -> str:
        change = row.payload
        if "from" in change and "to" in change and "move" in change:
            return f"{change['from']} → {change['to']}"
        return row.text or str(change.get("step", ""))


class AppointmentInline(HistoryInline):
    model = Appointment
    fields = ("scheduled_for", "status", "location", "matched_via", "external_ref")


class TouchInline(HistoryInline):
    model = Touch
    fields = ("at", "source", "gclid", "fbclid", "meta_lead_id", "utm_source", "utm_campaign")


class OfLeads(PersonSearch, ReadOnlyAdmin):
    """Rows that hang on leads are found by the lead's person, and seen with the lead."""

    contact_path = "lead__contact"
    list_select_related: tuple[str, ...] = ("lead__contact", "workspace")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), request, path="lead")


@admin.register(Interaction)
class InteractionAdmin(OfLeads):
    list_display = ("at", "lead", "type", "direction", "actor_label", "via", "workspace")
    list_filter = (
        ("type", ChoicesDropdownFilter),
        ("direction", ChoicesDropdownFilter),
        ("workspace", ScopedRelatedFilter),
        ("at", RangeDateFilter),
    )
    ordering = ("-at", "-id")
    fields = (
        "lead",
        "workspace",
        ("type", "platform", "direction"),
        "at",
        ("actor_label", "via"),
        "payload",
        "created_at",
    )


@admin.register(Touch)
class TouchAdmin(OfLeads):
    list_display = ("at", "lead", "source", "utm_source", "utm_campaign", "workspace")
    list_filter = ("source", ("workspace", ScopedRelatedFilter), ("at", RangeDateFilter))
    ordering = ("-at", "-id")
    fields = ("lead", "workspace", "source", "at", *ATTRIBUTION_FIELDS)


@admin.register(Appointment)
class AppointmentAdmin(OfLeads):
    """Made by scheduling a lead; how a visit went is said here or on the lead's page."""

    change_verb_permission = Permission.LEAD_EDIT
    list_display = ("scheduled_for", "lead", "shown_status", "location", "matched_via", "workspace")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("matched_via", ChoicesDropdownFilter),
        ("workspace", ScopedRelatedFilter),
        ("scheduled_for", RangeDateFilter),
    )
    ordering = ("-scheduled_for", "-id")
    fields = (
        "lead",
        "workspace",
        "scheduled_for",
        "status",
        "location",
        "matched_via",
        "external_ref",
        "created_at",
    )
    actions = ("mark_attended", "mark_no_show", "mark_canceled")

    @display(description=gettext_lazy("Status"), ordering="status", label=APPOINTMENT_COLORS)
    def shown_status(self, row: Appointment) -> tuple[str, str]:
        return row.status, row.get_status_display()

    def has_mark_permission(self, request: HttpRequest) -> bool:
        return self.allows(request, self.change_verb_permission, None)

    @admin.action(description=gettext_lazy("Attended"), permissions=["mark"])
    def mark_attended(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        self._mark(request, queryset, Appointment.Status.ATTENDED)

    @admin.action(description=gettext_lazy("No-show"), permissions=["mark"])
    def mark_no_show(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        self._mark(request, queryset, Appointment.Status.NO_SHOW)

    @admin.action(description=gettext_lazy("Canceled"), permissions=["mark"])
    def mark_canceled(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        self._mark(request, queryset, Appointment.Status.CANCELED)

    def _mark(self, request: HttpRequest, rows: QuerySet[Appointment], status: str) -> None:
        do_to_each(
            request,
            rows.select_related("workspace", "lead__contact"),
            lambda row: appointments.set_status(
                row.pk, actor=self.actor(request, row), status=status
            ),
            said=_("%(count)d appointments changed."),
            about=lambda row: row.lead,
        )
