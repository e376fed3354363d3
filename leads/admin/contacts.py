"""Contacts and their tags in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin_base import (
    HistoryInline,
    ReadOnlyAdmin,
    ScopedRelatedFilter,
    VerbAdmin,
    VerbForm,
    short_time,
)
from accounts.admin_decorators import display
from accounts.permissions import Permission
from leads import editing
from leads.admin.custom_fields import replacing
from leads.admin.scope import PersonSearch, visible_contacts
from leads.models import Contact, ContactTag, Lead


class LeadInline(HistoryInline):
    model = Lead
    fields = ("number", "status", "source", "heat_score", "created_at", "last_activity_at")
    ordering = ("-created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(deleted_at__isnull=True)


class ContactForm(VerbForm):
    """Company and tags as text: the verb finds or makes what is named."""

    company_name = forms.CharField(
        label=gettext_lazy("Company"),
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Separate several by commas."),
    )

    class Meta:
        model = Contact
        fields = (
            "first_name",
            "last_name",
            "display_name",
            "email",
            "phone",
            "job_title",
            "linkedin_url",
            "time_zone",
            "social_profiles",
            "address",
            "custom_fields",
            "consent",
            "do_not_contact",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contact = self.instance
        self.initial["company_name"] = contact.company.name if contact.company else ""
        self.initial["tags"] = ", ".join(tag.name for tag in contact.tags.all())

    def clean_tags(self) -> list[str]:
        names = (name.strip() for name in self.cleaned_data["tags"].split(","))
        return [name for name in names if name]


@admin.register(Contact)
class ContactAdmin(PersonSearch, VerbAdmin):
    """People come in with leads; here their details are corrected."""

    change_permission = Permission.LEAD_EDIT
    form = ContactForm
    contact_path = ""
    lead_path = None
    list_display = (
        "number",
        "person",
        "phone",
        "company",
        "shown_status",
        "conversion_count",
        "lifetime_value",
        "workspace",
        "created",
    )
    list_display_links = ("number", "person")
    list_select_related = ("company", "workspace")
    list_filter = (
        ("conversion_status", ChoicesDropdownFilter),
        ("workspace", ScopedRelatedFilter),
        ("created_at", RangeDateFilter),
    )
    # Ids are made in order. No index has every workspace's rows by when they were made.
    ordering = ("-id",)
    list_per_page = 25
    search_help_text = gettext_lazy("Name, e-mail, phone or number")
    inlines = (LeadInline,)
    readonly_fields = (
        "number",
        "workspace",
        "email_normalized",
        "phone_e164",
        "lifetime_value",
        "conversion_count",
        "conversion_status",
        "converted_at",
        "converted_by",
        "sent_from_workspace",
        "converted_from_workspace",
        "created_at",
        "updated_at",
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "workspace"),
                    ("first_name", "last_name"),
                    "display_name",
                    ("email", "email_normalized"),
                    ("phone", "phone_e164"),
                    ("company_name", "job_title"),
                    ("linkedin_url", "time_zone"),
                    "tags",
                )
            },
        ),
        (
            gettext_lazy("Conversions"),
            {
                "classes": ("tab",),
                "fields": (
                    ("conversion_status", "conversion_count", "lifetime_value"),
                    ("converted_at", "converted_by"),
                    ("sent_from_workspace", "converted_from_workspace"),
                    ("created_at", "updated_at"),
                ),
            },
        ),
        (
            gettext_lazy("Data"),
            {
                "classes": ("tab",),
                "fields": (
                    "consent",
                    "do_not_contact",
                    "address",
                    "social_profiles",
                    "custom_fields",
                ),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).filter(deleted_at__isnull=True)
        return visible_contacts(rows, request)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.has_change_permission(request, obj):
            return self.fieldsets
        # Whoever only looks has no form, and so no company and tags as text.
        first, *rest = self.fieldsets
        *fields, company, links, _tags = first[1]["fields"]
        return ((None, {"fields": (*fields, ("company", company[1]), links)}), *rest)

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        if "company_name" in changes:
            changes["company"] = changes.pop("company_name")
        if "custom_fields" in changes:
            changes["custom_fields"] = replacing(obj, changes["custom_fields"])
        editing.update_contact(obj, actor=self.actor(request, obj), changes=changes)

    @display(description=gettext_lazy("Created"), ordering="created_at")
    def created(self, row: Contact) -> str:
        return short_time(row.created_at)

    @display(description=gettext_lazy("Name"), header=True)
    def person(self, row: Contact) -> list[str]:
        return [row.name, row.email]

    @display(
        description=gettext_lazy("Conversion"),
        ordering="conversion_status",
        label={
            "pending": "info",
            "qualified": "warning",
            "appointment": "warning",
            "converted": "success",
            "lost": "danger",
        },
    )
    def shown_status(self, row: Contact) -> tuple[str, str]:
        return row.conversion_status, row.get_conversion_status_display()


@admin.register(ContactTag)
class ContactTagAdmin(PersonSearch, ReadOnlyAdmin):
    """Tags are changed on their contact's page."""

    lead_path = None
    list_display = ("name", "contact", "workspace", "created_at")
    list_filter = (("workspace", ScopedRelatedFilter),)
    list_select_related = ("contact", "workspace")
    ordering = ("name", "id")
    fields = ("name", "contact", "workspace", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        contacts = visible_contacts(Contact.objects.alive(), request)
        return rows.filter(contact__in=contacts)
