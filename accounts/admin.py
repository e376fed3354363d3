"""Organizations, workspaces, people and keys in the admin."""

from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.admin_access import access
from accounts.admin_base import ScopedAdmin, ScopedRelatedFilter, VerbAdmin, VerbForm
from accounts.admin_decorators import action, display
from accounts.admin_history import HistoryEventAdmin
from accounts.admin_pages import confirmed
from accounts.api_keys import create_key
from accounts.models import ApiKey, HistoryEvent, Membership, Organization, User, Workspace
from accounts.permissions import Permission, Scope
from accounts.workspaces import create_workspace, save_settings

# Roles come from memberships, and addresses are the users' own: Django's and allauth's tables of
# them are not worked with by hand.
admin.site.unregister(Group)
admin.site.unregister(EmailAddress)

admin.site.register(HistoryEvent, HistoryEventAdmin)


class MembershipInline(TabularInline):
    """Who is in a workspace, or where a person is, with which role."""

    model = Membership
    fields = ("user", "workspace", "role", "is_active", "on_duty")
    autocomplete_fields = ("user", "workspace")
    extra = 0
    tab = True

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        # The parent's own column would only repeat the page's title.
        kwargs["exclude"] = ["workspace" if isinstance(obj, Workspace) else "user"]
        return super().get_formset(request, obj, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        own = "workspace" if isinstance(obj, Workspace) else "user"
        return [name for name in self.fields if name != own]

    def _may_manage(self, request: HttpRequest, obj: Any) -> bool:
        workspace_id = obj.pk if isinstance(obj, Workspace) else None
        is_here = isinstance(obj, Workspace) or access(request).sees_everything
        return is_here and access(request).may(Permission.MEMBER_MANAGE, workspace_id)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any) -> bool:
        return self._may_manage(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_manage(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_manage(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).select_related("user", "workspace")
        return access(request).limit(rows, Permission.VIEW)


@admin.register(Organization)
class OrganizationAdmin(ScopedAdmin):
    """Superusers make and rename them; members see their own."""

    list_display = ("name", "created_at")
    search_fields = ("name",)
    fields = ("name", "created_at")
    readonly_fields = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = admin.ModelAdmin.get_queryset(self, request)
        if access(request).sees_everything:
            return rows
        own = access(request).workspace_ids(Permission.VIEW)
        return rows.filter(workspaces__in=own).distinct()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access(request).may(Permission.VIEW)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access(request).sees_everything

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access(request).sees_everything


@admin.register(Workspace)
class WorkspaceAdmin(VerbAdmin):
    """Superusers make them; owners change their own."""

    change_permission = Permission.WORKSPACE_MANAGE
    workspace_path = "id"
    list_display = ("name", "slug", "organization", "country", "time_zone", "currency")
    list_filter = (("organization", ScopedRelatedFilter), "country", "currency")
    list_select_related = ("organization",)
    search_fields = ("name", "slug")
    inlines = (MembershipInline,)
    fieldsets = (
        (None, {"fields": ("organization", "name", "slug")}),
        (
            gettext_lazy("Region"),
            {"fields": ("country", "currency", "time_zone"), "classes": ("tab",)},
        ),
        (
            gettext_lazy("Rules"),
            {
                "fields": (
                    "rep_lead_access",
                    "no_contact_days",
                    "lost_contact_days",
                    "final_conversion_types",
                    "rate_limit_per_hour",
                ),
                "classes": ("tab",),
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # The short name is in addresses and in other systems' settings.
        return ("organization", "slug") if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.inlines if obj else ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access(request).sees_everything

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Workspace:
        return create_workspace(**data)

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        save_settings(obj, changes)


class EmailForm:
    """Sign-in compares addresses in lower case."""

    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class NewUserForm(EmailForm, UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


class ChangedUserForm(EmailForm, UserChangeForm):
    class Meta:
        model = User
        fields = ("email", "name", "is_active", "is_staff", "is_superuser")


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ScopedAdmin):
    """People. Superusers change them; owners see who is in their workspaces.

    A person may be in several organizations, so that no workspace's owner may change their address
    or password.
    """

    view_permission = Permission.MEMBER_MANAGE
    form = ChangedUserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("name", "email")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    inlines = (MembershipInline,)
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Times"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = admin.ModelAdmin.get_queryset(self, request)
        if access(request).sees_everything:
            return rows
        own = access(request).workspace_ids(Permission.MEMBER_MANAGE)
        return rows.filter(memberships__workspace__in=own).distinct()

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.inlines if obj else ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access(request).may(Permission.MEMBER_MANAGE)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access(request).sees_everything

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access(request).sees_everything

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What they did stays theirs: people are switched off.
        return False


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    view_permission = Permission.MEMBER_MANAGE
    add_permission = Permission.MEMBER_MANAGE
    change_permission = Permission.MEMBER_MANAGE
    delete_permission = Permission.MEMBER_MANAGE
    list_display = ("user", "workspace", "role", "is_active", "on_duty")
    list_filter = ("role", "is_active", "on_duty", ("workspace", ScopedRelatedFilter))
    list_select_related = ("user", "workspace")
    search_fields = ("user__email", "user__name", "workspace__name", "workspace__slug")
    autocomplete_fields = ("user", "workspace")
    fields = ("user", "workspace", "role", "is_active", "on_duty")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "workspace") if obj else ()


class ApiKeyForm(VerbForm):
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=[(scope.value, scope.value) for scope in Scope],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        initial=[Scope.READ, Scope.UPDATE, Scope.CONVERT],
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        organization, workspace = cleaned.get("organization"), cleaned.get("workspace")
        if organization and workspace and workspace.organization_id != organization.pk:
            self.add_error("workspace", _("This workspace belongs to another organization."))
        return cleaned


@admin.register(ApiKey)
class ApiKeyAdmin(VerbAdmin):
    """Keys are made and revoked; the clear text is shown once, when a key is made."""

    view_permission = Permission.KEY_MANAGE
    add_permission = Permission.KEY_MANAGE
    change_permission = Permission.KEY_MANAGE
    form = ApiKeyForm
    list_display = ("name", "prefix", "workspace", "scope_list", "state", "last_used_at")
    list_filter = (("workspace", ScopedRelatedFilter),)
    list_select_related = ("workspace", "organization")
    search_fields = ("name", "prefix")
    autocomplete_fields = ("workspace",)
    actions = ("revoke_keys",)
    actions_detail = ("revoke",)
    readonly_fields = ("prefix", "created_by", "created_at", "revoked_at", "last_used_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj:
            return ("name", "workspace", "scopes", "expires_at", *self.readonly_fields)
        # Only superusers make keys for a whole organization.
        organization = ("organization",) if access(request).sees_everything else ()
        return ("name", *organization, "workspace", "scopes", "expires_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "workspace") if obj else ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None and not access(request).sees_everything:
            form.base_fields["workspace"].required = True
        return form

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> ApiKey:
        workspace = data["workspace"]
        row, key = create_key(
            organization=data.get("organization") or workspace.organization,
            workspace=workspace,
            name=data["name"],
            scopes=data["scopes"],
            created_by=access(request).user,
            expires_at=data["expires_at"],
        )
        messages.warning(
            request, _("The key is %(key)s. Copy it now: it is not shown again.") % {"key": key}
        )
        return row

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        obj.save(update_fields=list(changes))

    @display(description=gettext_lazy("Scopes"))
    def scope_list(self, row: ApiKey) -> str:
        return ", ".join(row.scopes)

    @display(
        description=gettext_lazy("State"),
        label={"live": "success", "expired": "warning", "revoked": "danger"},
    )
    def state(self, row: ApiKey) -> tuple[str, str]:
        if row.revoked_at:
            return "revoked", _("Revoked")
        is_over = row.expires_at and row.expires_at <= timezone.now()
        return ("expired", _("Expired")) if is_over else ("live", _("Live"))

    def _revoke(self, keys: QuerySet[ApiKey]) -> int:
        return keys.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())

    @admin.action(description=gettext_lazy("Revoke"), permissions=["change"])
    def revoke_keys(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        count = self._revoke(queryset)
        messages.success(request, _("%(count)d keys revoked.") % {"count": count})

    @action(
        description=gettext_lazy("Revoke"), url_path="revoke", permissions=["change"], icon="block"
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.row(request, object_id)
        return confirmed(
            self,
            request,
            row,
            title=_("Revoke the key “%(name)s”") % {"name": row.name},
            explanation=_("Whoever uses it is refused from now on. This cannot be taken back."),
            button=_("Revoke"),
            perform=lambda: self._revoke(ApiKey.objects.filter(pk=row.pk)),
            done=_("The key is revoked."),
        )
