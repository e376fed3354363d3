"""Lists and who is in them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin_access import access
from accounts.admin_base import (
    ReadOnlyAdmin,
    ScopedRelatedFilter,
    SoftDeleteAdmin,
    VerbAdmin,
    VerbForm,
    refused,
    tell_refusals,
)
from accounts.permissions import Permission
from campaigns import lists
from campaigns.models import LeadList, LeadListMember
from leads.admin.scope import PersonSearch, visible


class LeadListForm(VerbForm):
    """Tags by commas."""

    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        help_text=gettext_lazy("Separate several by commas."),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = LeadList
        fields = ("workspace", *lists.CHANGEABLE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["tags"] = ", ".join(self.instance.tags)

    def clean_tags(self) -> list[str]:
        return [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]


@admin.register(LeadList)
class LeadListAdmin(SoftDeleteAdmin, VerbAdmin):
    add_permission = Permission.LIST_EDIT
    change_permission = Permission.LIST_EDIT
    delete_permission = Permission.LIST_EDIT
    form = LeadListForm
    list_display = ("name", "list_type", "lead_count", "is_archived", "workspace", "created_at")
    list_filter = (
        ("list_type", ChoicesDropdownFilter),
        "is_archived",
        ("workspace", ScopedRelatedFilter),
    )
    list_select_related = ("workspace",)
    search_fields = ("name", "description", "created_by")
    ordering = ("-created_at", "-id")
    fields = (
        "name",
        "description",
        ("list_type", "is_archived"),
        "workspace",
        "criteria",
        "rule_error",
        ("lead_count", "counted_at", "rebuilt_at"),
        ("tags", "metadata"),
        ("created_by", "created_at", "updated_at"),
    )
    readonly_fields = (
        *("rule_error", "lead_count", "counted_at", "rebuilt_at"),
        *("created_by", "created_at", "updated_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(deleted_at__isnull=True)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        kept = ("workspace", "list_type") if obj else ()
        return (*kept, *self.readonly_fields)

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        actor = access(request).actor(data.pop("workspace"))
        return lists.create(actor=actor, values=data)

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        lists.change(obj, actor=self.actor(request, obj), changes=changes)

    def take_away(self, request: HttpRequest, obj: Any) -> None:
        lists.delete(obj, actor=self.actor(request, obj))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, LeadList.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        refusals = refused(
            queryset.select_related("workspace"),
            lambda row: self.take_away(request, row),
        )
        tell_refusals(request, refusals)


@admin.register(LeadListMember)
class LeadListMemberAdmin(PersonSearch, ReadOnlyAdmin):
    contact_path = "lead__contact"
    list_display = ("lead", "lead_list", "by", "added_at", "added_by", "removed_at", "workspace")
    list_filter = (
        ("by", ChoicesDropdownFilter),
        ("lead_list", ScopedRelatedFilter),
        ("workspace", ScopedRelatedFilter),
    )
    list_select_related = ("lead__contact", "lead_list", "added_by", "workspace")
    ordering = ("-added_at", "-id")
    fields = (
        ("lead_list", "lead"),
        "workspace",
        ("by", "added_by", "added_at"),
        "notes",
        ("removed_by", "removed_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), request, path="lead")
