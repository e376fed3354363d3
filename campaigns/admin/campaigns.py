"""Campaigns, their lists and leads, and the calls made."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from accounts.admin_access import access
from accounts.admin_base import (
    HistoryInline,
    ReadOnlyAdmin,
    ScopedRelatedFilter,
    SoftDeleteAdmin,
    VerbAdmin,
    do_to_each,
    refused,
    tell_refusals,
)
from accounts.models import Workspace
from accounts.permissions import Permission
from campaigns import enrolment, running
from campaigns.models import Campaign, CampaignLead, CampaignLeadList
from leads.admin.scope import PersonSearch, visible

_COUNTERS = ("total_leads", "waiting_leads", "contacted_leads", "successful_leads")


class AttachedListInline(HistoryInline):
    model = CampaignLeadList
    fields = ("lead_list", "priority", "is_active", *_COUNTERS)
    ordering = ("priority", "assigned_at")


@admin.register(Campaign)
class CampaignAdmin(VerbAdmin):
    add_permission = Permission.CAMPAIGN_EDIT
    change_permission = Permission.CAMPAIGN_EDIT
    list_display = ("name", "status", "started_at", "completed_at", "workspace", "created_at")
    list_filter = (("status", ChoicesDropdownFilter), ("workspace", ScopedRelatedFilter))
    list_select_related = ("workspace",)
    search_fields = ("name", "description", "created_by")
    ordering = ("-created_at", "-id")
    inlines = (AttachedListInline,)
    actions = ("start", "pause", "complete")
    fields = (
        ("name", "status"),
        "workspace",
        "description",
        "script",
        ("calling_hours", "retry_delays"),
        ("max_attempts", "lease_minutes", "currency"),
        ("started_at", "completed_at"),
        ("created_by", "created_at", "updated_at"),
    )
    readonly_fields = (
        *("status", "started_at", "completed_at"),
        *("created_by", "created_at", "updated_at"),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("workspace", *self.readonly_fields) if obj else self.readonly_fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        named: Any = initial.get("workspace")
        chosen = Workspace.objects.filter(pk=named).first()
        return {"currency": chosen.currency if chosen else ""} | initial

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        actor = access(request).actor(data.pop("workspace"))
        return running.create(actor=actor, values=_known(data))

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        running.change(obj, actor=self.actor(request, obj), changes=_known(changes))

    def has_run_permission(self, request: HttpRequest) -> bool:
        return self.allows(request, Permission.CAMPAIGN_EDIT, None)

    @admin.action(description=gettext_lazy("Start calling"), permissions=["run"])
    def start(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        self._run(request, queryset, running.start)

    @admin.action(description=gettext_lazy("Pause"), permissions=["run"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        self._run(request, queryset, running.pause)

    @admin.action(description=gettext_lazy("Complete"), permissions=["run"])
    def complete(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        self._run(request, queryset, running.complete)

    def _run(
        self, request: HttpRequest, rows: QuerySet[Campaign], verb: Callable[..., object]
    ) -> None:
        do_to_each(
            request,
            rows.select_related("workspace"),
            lambda row: verb(row.pk, actor=self.actor(request, row)),
            said=_("%(count)d campaigns changed."),
        )


def _known(values: dict[str, Any]) -> dict[str, Any]:
    """What the verb takes; an emptied field of minutes means the usual ones."""
    given = {name: values[name] for name in running.CHANGEABLE if name in values}
    if "retry_delays" in given:
        given["retry_delays"] = given["retry_delays"] or {}
    return given


@admin.register(CampaignLeadList)
class CampaignLeadListAdmin(SoftDeleteAdmin, VerbAdmin):
    """Deleting one takes the list away from its campaign."""

    add_permission = Permission.CAMPAIGN_EDIT
    change_permission = Permission.CAMPAIGN_EDIT
    delete_permission = Permission.CAMPAIGN_EDIT
    list_display = ("campaign", "lead_list", "priority", "is_active", *_COUNTERS, "workspace")
    list_filter = (
        "is_active",
        ("campaign", ScopedRelatedFilter),
        ("lead_list", ScopedRelatedFilter),
        ("workspace", ScopedRelatedFilter),
    )
    list_select_related = ("campaign", "lead_list", "workspace")
    search_fields = ("campaign__name", "lead_list__name")
    ordering = ("-created_at", "-id")
    fields = (
        ("campaign", "lead_list"),
        "workspace",
        ("priority", "max_attempts_override", "is_active"),
        "filter_criteria",
        _COUNTERS,
        ("attempts", "talk_time"),
        ("pledged_amount", "donated_amount"),
        ("assigned_at", "completed_at", "detached_at"),
    )
    readonly_fields = (
        "workspace",
        *_COUNTERS,
        *("attempts", "talk_time", "pledged_amount", "donated_amount"),
        *("assigned_at", "completed_at", "detached_at"),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        kept = ("campaign", "lead_list") if obj else ("is_active",)
        return (*kept, *self.readonly_fields)

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        campaign, group = data["campaign"], data["lead_list"]
        names = ("priority", "max_attempts_override", "filter_criteria")
        enrolment.attach(
            campaign,
            group,
            actor=access(request).actor(campaign.workspace),
            **{name: data[name] for name in names},
        )
        return CampaignLeadList.objects.get(campaign=campaign, lead_list=group)

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        enrolment.change_attached(
            obj.campaign_id, obj.lead_list_id, actor=self.actor(request, obj), changes=changes
        )

    def take_away(self, request: HttpRequest, obj: Any) -> None:
        enrolment.detach(obj.campaign_id, obj.lead_list_id, actor=self.actor(request, obj))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, CampaignLeadList.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        refusals = refused(
            queryset.select_related("workspace"), lambda row: self.take_away(request, row)
        )
        tell_refusals(request, refusals)


@admin.register(CampaignLead)
class CampaignLeadAdmin(PersonSearch, ReadOnlyAdmin):
    contact_path = "lead__contact"
    list_display = ("lead", "campaign", "status", "outcome", "attempts", "due_at", "workspace")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("campaign", ScopedRelatedFilter),
        ("workspace", ScopedRelatedFilter),
    )
    list_select_related = ("lead__contact", "campaign", "workspace")
    ordering = ("-id",)
    fields = (
        ("campaign", "lead", "source"),
        "workspace",
        ("status", "outcome", "attempts"),
        ("due_at", "callback_at", "last_attempt_at"),
        ("leased_by", "leased_at"),
        ("contacted_at", "succeeded_at"),
        ("pledged_amount", "donated_amount"),
        ("total_talk_time", "last_call_duration"),
        "notes",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("source__campaign")
        return visible(rows, request, path="lead")
