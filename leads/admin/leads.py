"""The list of leads and the page of one: facts are edited, the status only ever moves."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin_access import access
from accounts.admin_base import (
    ScopedRelatedFilter,
    SoftDeleteAdmin,
    VerbAdmin,
    VerbForm,
    short_time,
)
from accounts.admin_decorators import display
from accounts.models import User, Workspace
from accounts.permissions import Permission
from leads import editing
from leads.admin.acting import bulk_actions, detail_action
from leads.admin.acts import ACTS
from leads.admin.custom_fields import replacing
from leads.admin.history import AppointmentInline, InteractionInline, TouchInline
from leads.admin.scope import PersonSearch, visible
from leads.admin.tasks import TaskInline
from leads.intake import LeadInput, receive
from leads.models import ATTRIBUTION_FIELDS, Lead
from leads.transitions import allowed_transitions

STATUS_COLORS = {
    "new": "info",
    "enriched": "info",
    "contacted": "primary",
    "conversing": "primary",
    "qualified": "warning",
    "scheduled": "warning",
    "completed": "success",
    "converted": "success",
    "lost": "danger",
}
HEAT_COLORS = {"COLD": "info", "WARM": "warning", "HOT": "danger"}


class OwnerFilter(DropdownFilter):
    """Offers the members of the person's workspaces; superusers get everybody."""

    title = gettext_lazy("owner")
    parameter_name = "owner"
    nobody = "nobody"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        members = access(request).limit(
            User.objects.filter(memberships__isnull=False),
            Permission.VIEW,
            path="memberships__workspace_id",
        )
        people = [(str(user.pk), user.get_full_name()) for user in members.distinct()]
        return [(self.nobody, _("Nobody")), *people]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen == self.nobody:
            return queryset.filter(assigned_to__isnull=True)
        if chosen in {value for value, _label in self.lookup_choices}:
            return queryset.filter(assigned_to=chosen)
        return queryset.none() if chosen else queryset


class DeletedFilter(DropdownFilter):
    """Deleted leads are out of the way until they are asked for."""

    title = gettext_lazy("deleted")
    parameter_name = "deleted"
    all_option = ["", gettext_lazy("Not deleted")]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("Deleted"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(deleted_at__isnull=self.value() != "yes")


class LeadFactsForm(VerbForm):
    """A lead's own facts; its person's are on the contact's page."""

    class Meta:
        model = Lead
        fields = (
            "source",
            "source_workflow",
            "external_id",
            "quality_rating",
            "notes",
            "custom_fields",
            "attributes",
            "platform_ref",
        )


def _text(label: Any, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, widget=UnfoldAdminTextInputWidget, **kwargs)


class NewLeadForm(VerbForm):
    """A lead entered by hand: it goes through the same intake as every other."""

    first_name = _text(gettext_lazy("First name"), max_length=200)
    last_name = _text(gettext_lazy("Last name"), max_length=200)
    email = _text(gettext_lazy("E-mail"), max_length=320)
    phone = _text(gettext_lazy("Phone"), max_length=64)
    company = _text(gettext_lazy("Company"), max_length=200)
    tags = _text(gettext_lazy("Tags"), help_text=gettext_lazy("Separate several by commas."))

    class Meta:
        model = Lead
        fields = ("workspace", "source", "notes", "gclid", "fbclid", "utm_source", "utm_campaign")

    def clean_tags(self) -> list[str]:
        names = (name.strip() for name in self.cleaned_data["tags"].split(","))
        return [name for name in names if name]


_MENU = ("enrich", "converse", "qualify", "schedule", "complete", "convert", "lose", "reopen")


class LeadAdmin(PersonSearch, SoftDeleteAdmin, VerbAdmin):
    add_permission = Permission.LEAD_EDIT
    change_permission = Permission.LEAD_EDIT
    delete_permission = Permission.LEAD_DELETE
    lead_path = ""
    form = LeadFactsForm
    list_display = (
        "number",
        "person",
        "shown_status",
        "shown_heat",
        "source",
        "owner",
        "workspace",
        "created",
    )
    list_display_links = ("number", "person")
    list_select_related = ("contact", "contact__company", "assigned_to", "workspace")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("heat", ChoicesDropdownFilter),
        ("source", ChoicesDropdownFilter),
        ("quality_rating", ChoicesDropdownFilter),
        OwnerFilter,
        ("workspace", ScopedRelatedFilter),
        ("created_at", RangeDateFilter),
        DeletedFilter,
    )
    # Ids are made in order. No index has every workspace's rows by when they were made.
    ordering = ("-id",)
    list_per_page = 25
    search_help_text = gettext_lazy("Name, e-mail, phone or number")
    actions = bulk_actions()
    actions_detail = [
        "one_log_contact",
        "one_note",
        "one_assign",
        "one_auto_assign",
        {"title": gettext_lazy("Move"), "icon": "moving", "items": [f"one_{m}" for m in _MENU]},
        "one_restore",
    ]
    inlines = (InteractionInline, AppointmentInline, TaskInline, TouchInline)
    fieldsets: Any = (
        (
            None,
            {
                "fields": (
                    ("contact_link", "number"),
                    ("status", "status_changed_at"),
                    ("owner", "assigned_at"),
                    ("source", "source_workflow"),
                    ("quality_rating", "external_id"),
                    "notes",
                )
            },
        ),
        (
            gettext_lazy("Progress"),
            {
                "classes": ("tab",),
                "fields": (
                    ("created_at", "created_by"),
                    ("heat", "heat_score"),
                    ("first_contacted_at", "last_contacted_at"),
                    ("contact_count", "last_contact_method"),
                    ("response_count", "last_response_at"),
                    ("qualified_at", "scheduled_at"),
                    ("completed_at", "converted_at"),
                    ("lost_at", "loss_reason", "unqualified_reason"),
                    ("last_activity_at", "auto_close_alarm_at"),
                    ("first_response_due_at", "next_task_at"),
                ),
            },
        ),
        (
            gettext_lazy("Attribution"),
            {"classes": ("tab",), "fields": ATTRIBUTION_FIELDS},
        ),
        (
            gettext_lazy("Data"),
            {
                "classes": ("tab",),
                "fields": (
                    "custom_fields",
                    "attributes",
                    "platform_ref",
                    "enrichment_data",
                    "conversion_metadata",
                ),
            },
        ),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "workspace",
                    ("first_name", "last_name"),
                    ("email", "phone"),
                    ("company", "tags"),
                    "source",
                    "notes",
                )
            },
        ),
        (
            gettext_lazy("Attribution"),
            {"fields": (("gclid", "fbclid"), ("utm_source", "utm_campaign"))},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = visible(super().get_queryset(request), request)
        alive = Q(deleted_at__isnull=True)
        match = request.resolver_match
        if match is not None and match.url_name == "autocomplete":
            return rows.filter(alive)
        who = access(request)
        if who.sees_everything:
            return rows
        # Who may delete leads may look at the deleted ones.
        return rows.filter(alive | Q(workspace__in=who.workspace_ids(Permission.LEAD_DELETE)))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = self.form if obj else NewLeadForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.inlines if obj else ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        shown = flatten_fieldsets(self.fieldsets)
        editable = () if obj.deleted_at else LeadFactsForm.Meta.fields
        return [name for name in shown if name not in editable]

    def has_assign_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, Permission.LEAD_ASSIGN, obj)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the moves that are possible from where the lead is."""
        lead = self.row(request, str(object_id))
        allowed = {"", *allowed_transitions(lead)}
        is_deleted = lead.deleted_at is not None
        offered = {
            f"leads_lead_one_{name}"
            for name, act in ACTS.items()
            if (name == "restore") == is_deleted and act.move in allowed
        }
        actions = super().get_actions_detail(request, object_id)
        return [action for action in actions if action.action_name in offered]

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        workspace = data.pop("workspace")
        attribution = {name: data.pop(name) for name in ATTRIBUTION_FIELDS if name in data}
        arrival = LeadInput(**data, attribution=attribution)
        return receive(arrival, actor=access(request).actor(workspace)).lead

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        if "custom_fields" in changes:
            changes["custom_fields"] = replacing(obj, changes["custom_fields"])
        editing.update(obj, actor=self.actor(request, obj), changes=changes)

    def take_away(self, request: HttpRequest, obj: Any) -> None:
        editing.delete(obj, actor=self.actor(request, obj))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Workspace by workspace, all leads of each at once."""
        by_workspace: dict[Workspace, list[UUID]] = {}
        for row in queryset.select_related("workspace"):
            by_workspace.setdefault(row.workspace, []).append(row.pk)
        for workspace, lead_ids in by_workspace.items():
            editing.delete_many(lead_ids, actor=access(request).actor(workspace))

    @display(description=gettext_lazy("Status"), ordering="status", label=STATUS_COLORS)
    def shown_status(self, row: Lead) -> tuple[str, str]:
        return row.status, row.get_status_display()

    @display(description=gettext_lazy("Heat"), ordering="heat_score", label=HEAT_COLORS)
    def shown_heat(self, row: Lead) -> tuple[str, str]:
        return row.heat, row.get_heat_display()

    @display(description=gettext_lazy("Contact"), header=True)
    def person(self, row: Lead) -> list[str]:
        contact = row.contact
        return [contact.name, contact.email or contact.phone]

    @display(description=gettext_lazy("Owner"), ordering="assigned_to__name")
    def owner(self, row: Lead) -> str:
        return row.assigned_to.get_full_name() if row.assigned_to else "–"

    @display(description=gettext_lazy("Created"), ordering="created_at")
    def created(self, row: Lead) -> str:
        return short_time(row.created_at)

    @display(description=gettext_lazy("Contact"))
    def contact_link(self, row: Lead) -> str:
        address = reverse("admin:leads_contact_change", args=[row.contact_id])
        return format_html('<a class="text-link" href="{}">{}</a>', address, row.contact.name)


# unfold finds what is behind a button by its name, on the class.
for _name in ACTS:
    setattr(LeadAdmin, f"one_{_name}", detail_action(_name))
admin.site.register(Lead, LeadAdmin)
