"""The firms contacts work for, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin_access import access
from accounts.admin_base import HistoryInline, ScopedRelatedFilter, VerbAdmin, VerbForm
from accounts.permissions import Permission
from leads.admin.scope import own_only_workspaces, visible_contacts
from leads.models import Company, Contact
from leads.people import companies


class PeopleInline(HistoryInline):
    """Who works there; a contact's company is changed on the contact."""

    model = Contact
    fields = ("number", "first_name", "last_name", "email", "job_title", "conversion_count")
    ordering = ("-created_at",)
    verbose_name_plural = gettext_lazy("people")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).filter(deleted_at__isnull=True)
        return visible_contacts(rows, request)


class CompanyForm(VerbForm):
    website = forms.CharField(
        label=gettext_lazy("Website"),
        required=False,
        max_length=companies.LONGEST_WEBSITE,
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = Company
        fields = ("workspace", "name", "website")


@admin.register(Company)
class CompanyAdmin(VerbAdmin):
    """Made with the first contact that names one; here it is renamed, or made ahead."""

    add_permission = Permission.LEAD_EDIT
    change_permission = Permission.LEAD_EDIT
    form = CompanyForm
    list_display = ("name", "website", "workspace", "created_at", "updated_at")
    list_filter = (("workspace", ScopedRelatedFilter), ("created_at", RangeDateFilter))
    list_select_related = ("workspace",)
    search_fields = ("name", "website")
    ordering = ("name", "id")
    fields = ("workspace", "name", "website")
    inlines = (PeopleInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        for workspace in own_only_workspaces(access(request)):
            theirs = companies.visible_companies(access(request).actor(workspace))
            rows = rows.filter(~Q(workspace_id=workspace.pk) | Q(pk__in=theirs.values("pk")))
        return rows

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("workspace",) if obj else ()

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        actor = access(request).actor(data["workspace"])
        return companies.add(actor=actor, facts={n: data[n] for n in companies.CHANGEABLE})

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        companies.change(obj, actor=self.actor(request, obj), changes=changes)
