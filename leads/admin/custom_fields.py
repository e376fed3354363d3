"""The fields a workspace defines for itself, and their values, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from accounts.admin_access import access
from accounts.admin_base import (
    ReadOnlyAdmin,
    ScopedRelatedFilter,
    SoftDeleteAdmin,
    VerbAdmin,
    VerbForm,
)
from accounts.admin_decorators import display
from accounts.permissions import Permission
from leads.admin.scope import PersonSearch, visible, visible_contacts
from leads.fields import custom_fields
from leads.fields.field_forms import choices_of, lines_of
from leads.models import Contact, ContactFieldValue, CustomField, Lead, LeadFieldValue


def replacing(subject: Contact | Lead, wanted: Any) -> Any:
    """The whole object as it was edited, for a verb that changes only what is named."""
    rows = type(subject)._default_manager.filter(pk=subject.pk)
    stored = rows.values_list("custom_fields", flat=True).get()
    if not isinstance(wanted or {}, dict):
        return wanted
    return {**dict.fromkeys(stored), **(wanted or {})}


class CustomFieldForm(VerbForm):
    """Choices as lines: a value, or a value and its label with a bar between them."""

    choice_lines = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 6}),
        help_text=gettext_lazy(
            "One a line, “value | label” or the same word for both. None: every value is taken."
        ),
    )
    is_archived = forms.BooleanField(
        label=gettext_lazy("Archived"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy("Out of forms and filters; its values stay."),
    )
    verb_fields = {"choices": "choice_lines"}

    class Meta:
        model = CustomField
        fields = ("workspace", "label", "key", "subject", "kind", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["choice_lines"] = lines_of(self.instance)
        self.initial["is_archived"] = self.instance.is_archived
        if "key" in self.fields:
            self.fields["key"].required = False

    def clean_choice_lines(self) -> list[dict[str, str]]:
        return choices_of(self.cleaned_data["choice_lines"])


@admin.register(CustomField)
class CustomFieldAdmin(SoftDeleteAdmin, VerbAdmin):
    add_permission = Permission.RULE_EDIT
    change_permission = Permission.RULE_EDIT
    delete_permission = Permission.RULE_EDIT
    form = CustomFieldForm
    list_display = ("label", "key", "subject", "kind", "position", "in_use", "workspace")
    list_filter = ("subject", "kind", ("workspace", ScopedRelatedFilter))
    list_select_related = ("workspace",)
    search_fields = ("label", "key")
    ordering = ("position", "label", "id")
    fields = (
        "workspace",
        "label",
        "key",
        "subject",
        "kind",
        "choice_lines",
        "position",
        "is_archived",
    )

    @display(description=gettext_lazy("In use"), boolean=True)
    def in_use(self, row: CustomField) -> bool:
        return not row.is_archived

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Whoever only looks has no form, and so no choices as lines.
        if obj is not None and not self.has_change_permission(request, obj):
            return ("workspace", "label", "key", "subject", "kind", "choices", "position")
        return self.fields if obj else [name for name in self.fields if name != "is_archived"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Leads and filters name their field by its key.
        return ("workspace", "key", "subject") if obj else ()

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        given = {**data, "choices": data["choice_lines"]}
        return custom_fields.define(
            actor=access(request).actor(data["workspace"]),
            **{name: given[name] for name in ("label", "key", "subject", "kind", "choices")},
            position=data["position"] or None,
        )

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        if "choice_lines" in changes:
            changes["choices"] = changes.pop("choice_lines")
        custom_fields.redefine(obj, actor=self.actor(request, obj), changes=changes)

    def take_away(self, request: HttpRequest, obj: Any) -> None:
        custom_fields.archive(obj, actor=self.actor(request, obj))


class FieldValueAdmin(PersonSearch, ReadOnlyAdmin):
    """Values are changed on the page of their contact or lead."""

    list_filter = (("workspace", ScopedRelatedFilter),)
    ordering = ("-created_at", "-id")


@admin.register(ContactFieldValue)
class ContactFieldValueAdmin(FieldValueAdmin):
    lead_path = None
    list_display = ("text_value", "field", "contact", "workspace", "created_at")
    list_select_related = ("field", "contact", "workspace")
    fields = ("field", "text_value", "contact", "workspace", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.filter(contact__in=visible_contacts(Contact.objects.alive(), request))


@admin.register(LeadFieldValue)
class LeadFieldValueAdmin(FieldValueAdmin):
    contact_path = "lead__contact"
    list_display = ("text_value", "field", "lead", "workspace", "created_at")
    list_select_related = ("field", "lead__contact", "workspace")
    fields = ("field", "text_value", "lead", "workspace", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), request, path="lead")
