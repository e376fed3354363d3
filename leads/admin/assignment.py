"""Who is given leads by itself, in the admin: the verbs of the settings page, and what waits."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.admin_access import access
from accounts.admin_base import (
    ReadOnlyAdmin,
    ScopedRelatedFilter,
    VerbAdmin,
    VerbForm,
    refused,
    tell_refusals,
)
from accounts.admin_decorators import display
from accounts.permissions import Permission
from leads.admin.scope import PersonSearch, visible
from leads.assigning import assignment_policy, duty, territories
from leads.assigning.assignment import assignable_members
from leads.models import (
    AssignmentMember,
    AssignmentPolicy,
    AssignmentRule,
    Lead,
    Notification,
    Source,
    Territory,
    WaitingLead,
)


@admin.register(AssignmentPolicy)
class AssignmentPolicyAdmin(VerbAdmin):
    add_permission = Permission.RULE_EDIT
    change_permission = Permission.RULE_EDIT
    list_display = ("workspace", "trigger", "strategy", "default_cap", "updated_at")
    list_filter = ("trigger", "strategy", ("workspace", ScopedRelatedFilter))
    list_select_related = ("workspace",)
    search_fields = ("workspace__name", "workspace__slug")
    ordering = ("workspace__name", "id")
    fields = ("workspace", *assignment_policy.POLICY_SETTINGS)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("workspace",) if obj else ()

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        actor = access(request).actor(data.pop("workspace"))
        return assignment_policy.set_policy(actor=actor, changes=data)

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        assignment_policy.set_policy(actor=self.actor(request, obj), changes=changes)


class ListsForm(VerbForm):
    """Lists of words are one text, separated by commas or lines."""

    lists: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.lists:
            self.initial[name] = ", ".join(getattr(self.instance, name))

    def _split(self, name: str) -> list[str]:
        texts = self.cleaned_data[name].replace("\n", ",").split(",")
        return [text.strip() for text in texts if text.strip()]


class AssignmentRuleForm(ListsForm):
    """Members are those of the rule's workspace, which is why the admin makes no new ones."""

    lists = ("tags",)

    sources = forms.MultipleChoiceField(
        label=gettext_lazy("Sources"),
        choices=Source.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    tags = forms.CharField(
        label=gettext_lazy("Tags"), required=False, widget=UnfoldAdminTextInputWidget
    )
    member_ids = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Members"), coerce=UUID, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = AssignmentRule
        fields = assignment_policy.RULE_SETTINGS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        workspace_id = self.instance.workspace_id
        if "member_ids" in self.fields:
            members = assignable_members(workspace_id)
            people = [(str(m.user_id), m.user.get_full_name()) for m in members]
            self.fields["member_ids"].choices = people  # type: ignore[attr-defined]
        if "territory" in self.fields:
            places = Territory.objects.in_workspace(workspace_id)
            self.fields["territory"].queryset = places  # type: ignore[attr-defined]

    def clean_tags(self) -> list[str]:
        return self._split("tags")


@admin.register(AssignmentRule)
class AssignmentRuleAdmin(VerbAdmin):
    change_permission = Permission.RULE_EDIT
    delete_permission = Permission.RULE_EDIT
    form = AssignmentRuleForm
    list_display = ("name", "position", "territory", "if_nobody", "is_active", "workspace")
    list_filter = ("is_active", "if_nobody", ("workspace", ScopedRelatedFilter))
    list_select_related = ("territory", "workspace")
    search_fields = ("name",)
    ordering = ("workspace__name", "position", "id")
    fields = ("workspace", *assignment_policy.RULE_SETTINGS)
    readonly_fields = ("workspace",)

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        assignment_policy.change_rule(obj, actor=self.actor(request, obj), changes=changes)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        assignment_policy.delete_rule(obj, actor=self.actor(request, obj))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)


def _places(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        help_text=help_text,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )


class TerritoryForm(ListsForm):
    lists = ("countries", "regions", "postal_prefixes")

    countries = _places(gettext_lazy("Countries"), gettext_lazy("Two-letter codes: DE, AT"))
    regions = _places(gettext_lazy("Regions"), gettext_lazy("US-CA; without a country, your own"))
    postal_prefixes = _places(
        gettext_lazy("Postal codes that begin with"),
        gettext_lazy("DE-80; without a country, your own"),
    )

    class Meta:
        model = Territory
        fields = ("workspace", *assignment_policy.TERRITORY_SETTINGS)

    def clean_countries(self) -> list[str]:
        return self._split("countries")

    def clean_regions(self) -> list[str]:
        return self._split("regions")

    def clean_postal_prefixes(self) -> list[str]:
        return self._split("postal_prefixes")


@admin.register(Territory)
class TerritoryAdmin(VerbAdmin):
    add_permission = Permission.RULE_EDIT
    change_permission = Permission.RULE_EDIT
    delete_permission = Permission.RULE_EDIT
    form = TerritoryForm
    list_display = ("name", "places", "workspace", "updated_at")
    list_filter = (("workspace", ScopedRelatedFilter),)
    list_select_related = ("workspace",)
    search_fields = ("name",)
    ordering = ("name", "id")
    fields = ("workspace", *assignment_policy.TERRITORY_SETTINGS)

    @display(description=gettext_lazy("Places"))
    def places(self, row: Territory) -> str:
        return territories.sentence(row)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("workspace",) if obj else ()

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        actor = access(request).actor(data.pop("workspace"))
        return assignment_policy.create_territory(actor=actor, values=data)

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        assignment_policy.change_territory(obj, actor=self.actor(request, obj), changes=changes)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, Territory.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        refusals = refused(
            queryset.select_related("workspace"),
            lambda row: assignment_policy.delete_territory(row, actor=self.actor(request, row)),
        )
        tell_refusals(request, refusals)


@admin.register(AssignmentMember)
class AssignmentMemberAdmin(VerbAdmin):
    """Their number; whether they are mailed is for them to say."""

    change_permission = Permission.RULE_EDIT
    list_display = ("user", "cap", "by_email", "workspace", "updated_at")
    list_filter = ("by_email", ("workspace", ScopedRelatedFilter))
    list_select_related = ("user", "workspace")
    search_fields = ("user__name", "user__email")
    ordering = ("user__name", "id")
    fields = ("user", "workspace", "cap", "by_email", "turn")
    readonly_fields = ("user", "workspace", "by_email", "turn")

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        if "cap" in changes:
            duty.set_cap(obj.user_id, actor=self.actor(request, obj), cap=changes["cap"])


@admin.register(WaitingLead)
class WaitingLeadAdmin(PersonSearch, ReadOnlyAdmin):
    contact_path = "lead__contact"
    list_display = ("lead", "rule", "workspace", "created_at")
    list_filter = (("workspace", ScopedRelatedFilter),)
    list_select_related = ("lead__contact", "rule", "workspace")
    ordering = ("id",)
    fields = ("lead", "rule", "workspace", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), request, path="lead")


@admin.register(Notification)
class NotificationAdmin(PersonSearch, ReadOnlyAdmin):
    """What members were told, and what became of the mail."""

    view_permission = Permission.MEMBER_MANAGE
    contact_path = "lead__contact"
    list_display = ("user", "kind", "lead", "read_at", "emailed_at", "email_error", "created_at")
    list_filter = ("kind", ("workspace", ScopedRelatedFilter))
    list_select_related = ("user", "lead__contact", "workspace")
    ordering = ("-id",)
    fields = (
        "user",
        "kind",
        "lead",
        "by",
        "workspace",
        "created_at",
        "read_at",
        "email_due_at",
        "email_attempts",
        "emailed_at",
        "email_error",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.filter(lead__in=Lead.objects.alive())
