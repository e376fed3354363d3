"""Conversions, rules, uploads and the audit of activities in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter

from accounts.admin_access import access
from accounts.admin_base import (
    REFUSALS,
    HistoryInline,
    ReadOnlyAdmin,
    ScopedRelatedFilter,
    SoftDeleteAdmin,
    VerbAdmin,
    VerbForm,
    short_time,
    tell_refusals,
)
from accounts.admin_decorators import action, display
from accounts.admin_pages import confirmed
from accounts.permissions import Permission
from conversions import ad_spend, delivery, rules
from conversions.models import (
    Activity,
    AdSpend,
    Conversion,
    ConversionRule,
    Upload,
    UploadAttempt,
)
from conversions.recording import ConversionInput, log_conversion
from leads.admin.scope import PersonSearch, visible, visible_contacts
from leads.models import Contact

UPLOAD_COLORS = {
    "pending": "info",
    "sending": "info",
    "accepted": "success",
    "confirmed": "success",
    "retrying": "warning",
    "held": "warning",
    "failed": "danger",
    "expired": "danger",
    "dry_run": "primary",
    "skipped": "primary",
}


class OfContacts(PersonSearch, ReadOnlyAdmin):
    """Rows that are seen with their contact."""

    list_select_related = ("contact", "lead__contact", "workspace")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.filter(contact__in=visible_contacts(Contact.objects.all(), request))


class ConversionForm(VerbForm):
    verb_fields = {
        "conversion_type": "type",
        "conversion_value": "value",
        "contact_id": "contact",
        "lead_id": "lead",
    }

    class Meta:
        model = Conversion
        fields = (
            "workspace",
            "contact",
            "lead",
            "type",
            "value",
            "currency",
            "converted_by",
            "converted_at",
            "external_ref",
        )
        help_texts = {
            "lead": gettext_lazy("Empty: the contact's open lead."),
            "type": gettext_lazy("Such as sale; sales convert the lead."),
        }


@admin.register(Conversion)
class ConversionAdmin(PersonSearch, VerbAdmin):
    """Logged through the one function that counts, moves and tells; never changed afterwards."""

    add_permission = Permission.CONVERSION_LOG
    form = ConversionForm
    list_display = ("converted_at", "contact", "type", "value", "currency", "lead", "workspace")
    list_select_related = ("contact", "lead__contact", "workspace")
    list_filter = ("type", ("workspace", ScopedRelatedFilter), ("converted_at", RangeDateFilter))
    ordering = ("-converted_at", "-id")
    autocomplete_fields = ("contact", "lead")
    fields = (
        "workspace",
        "contact",
        "lead",
        "type",
        ("value", "currency"),
        "converted_by",
        "converted_at",
        "external_ref",
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        more = ("conversion_source", "custom_data", "created_at")
        return (*self.fields, *more) if obj else self.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.filter(contact__in=visible_contacts(Contact.objects.all(), request))

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        lead = data["lead"]
        result = ConversionInput(
            contact_ref=str(data["contact"].pk),
            lead_ref=str(lead.pk) if lead else "",
            type=data["type"],
            value=data["value"],
            currency=data["currency"],
            converted_by=data["converted_by"],
            converted_at=data["converted_at"],
            external_ref=data["external_ref"],
        )
        logged = log_conversion(result, actor=access(request).actor(data["workspace"]))
        if not logged.created:
            messages.info(request, _("This reference was logged before; nothing was added."))
        return logged.conversion


class RuleForm(VerbForm):
    class Meta:
        model = ConversionRule
        fields = (
            "workspace",
            "trigger",
            "connection",
            "external_action",
            "value_strategy",
            "amount",
            "share",
            "currency",
            "is_active",
        )

    # What the verb calls "value" is several fields here.
    verb_fields = {"value.amount": "amount", "value.share": "share"}

    def value(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "strategy": given["value_strategy"],
            "amount": given["amount"],
            "share": given["share"],
            "currency": given["currency"],
        }


@admin.register(ConversionRule)
class ConversionRuleAdmin(SoftDeleteAdmin, VerbAdmin):
    add_permission = Permission.RULE_EDIT
    change_permission = Permission.RULE_EDIT
    delete_permission = Permission.RULE_EDIT
    form = RuleForm
    list_display = (
        "trigger",
        "connection",
        "external_action",
        "value_strategy",
        "is_active",
        "workspace",
    )
    list_filter = (
        "trigger",
        "is_active",
        ("connection", ScopedRelatedFilter),
        ("workspace", ScopedRelatedFilter),
    )
    list_select_related = ("connection", "workspace")
    search_fields = ("trigger", "external_action", "connection__name")
    ordering = ("-created_at", "-id")
    autocomplete_fields = ("connection",)
    fieldsets = (
        (None, {"fields": ("workspace", "trigger", "connection", "external_action", "is_active")}),
        (
            gettext_lazy("Value"),
            {"fields": ("value_strategy", ("amount", "share", "currency"))},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(deleted_at__isnull=True)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("workspace",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        actor = self.actor(request, obj)
        changes = {
            "trigger": obj.trigger,
            "connection_id": obj.connection_id,
            "external_action": obj.external_action,
            "value": form.value(),
            "is_active": obj.is_active,
        }
        if change:
            rules.update(obj.pk, actor=actor, changes=changes)
            return
        obj.pk = rules.create(actor=actor, **changes).pk
        obj.refresh_from_db()

    def take_away(self, request: HttpRequest, obj: Any) -> None:
        rules.delete(obj.pk, actor=self.actor(request, obj))


class AttemptInline(HistoryInline):
    model = UploadAttempt
    fields = ("number", "started_at", "finished_at", "outcome", "code", "explanation")
    tab = False
    show_change_link = False


@admin.register(Upload)
class UploadAdmin(PersonSearch, ReadOnlyAdmin):
    list_display = (
        "created",
        "shown_status",
        "trigger",
        "connection",
        "contact",
        "value",
        "attempts",
        "explanation",
        "workspace",
    )
    list_select_related = ("connection", "contact", "workspace")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("connection", ScopedRelatedFilter),
        "trigger",
        ("workspace", ScopedRelatedFilter),
        ("created_at", RangeDateFilter),
    )
    ordering = ("-created_at", "-id")
    inlines = (AttemptInline,)
    actions = ("retry_uploads",)
    actions_detail = ("retry",)
    fields = (
        "status",
        "explanation",
        ("error_kind", "error_code"),
        ("trigger", "external_action"),
        ("connection", "rule"),
        ("contact", "lead", "conversion"),
        ("value", "currency"),
        ("occurred_at", "created_at"),
        ("attempts", "next_attempt_at", "accepted_at"),
        ("event_id", "platform_ref"),
        "workspace",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), request, path="lead")

    def has_retry_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, Permission.UPLOAD_RETRY, obj)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        may_go_again = self.row(request, str(object_id)).status in delivery.RETRYABLE
        return super().get_actions_detail(request, object_id) if may_go_again else []

    @display(description=gettext_lazy("Created"), ordering="created_at")
    def created(self, row: Upload) -> str:
        return short_time(row.created_at)

    @display(description=gettext_lazy("Status"), ordering="status", label=UPLOAD_COLORS)
    def shown_status(self, row: Upload) -> tuple[str, str]:
        return row.status, row.get_status_display()

    @admin.action(description=gettext_lazy("Retry"), permissions=["retry"])
    def retry_uploads(self, request: HttpRequest, queryset: QuerySet[Upload]) -> None:
        refusals: list[tuple[object, Exception]] = []
        chosen = list(queryset.select_related("workspace"))
        for row in chosen:
            try:
                delivery.retry(row.pk, actor=self.actor(request, row))
            except REFUSALS as error:
                refusals.append((row, error))
        done = len(chosen) - len(refusals)
        if done:
            messages.success(
                request, _("%(count)d uploads are on their way again.") % {"count": done}
            )
        tell_refusals(request, refusals)

    @action(
        description=gettext_lazy("Retry"), url_path="retry", permissions=["retry"], icon="replay"
    )
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.row(request, object_id)
        return confirmed(
            self,
            request,
            row,
            title=_("Send this upload again"),
            explanation=_("It goes out under the same event id, by which the platform knows it."),
            button=_("Retry"),
            perform=lambda: delivery.retry(row.pk, actor=self.actor(request, row)),
            done=_("The upload is on its way again."),
        )


@admin.register(UploadAttempt)
class UploadAttemptAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "upload", "number", "outcome", "code", "explanation", "workspace")
    list_filter = ("outcome", ("workspace", ScopedRelatedFilter), ("started_at", RangeDateFilter))
    list_select_related = ("upload", "workspace")
    search_fields = ("code", "upload__event_id")
    ordering = ("-started_at", "-id")
    fields = (
        "upload",
        "number",
        ("started_at", "finished_at"),
        ("outcome", "code"),
        "explanation",
        "workspace",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), request, path="upload__lead")


@admin.register(Activity)
class ActivityAdmin(OfContacts):
    list_display = ("at", "action", "contact", "lead", "actor_label", "workspace")
    list_filter = (
        ("action", ChoicesDropdownFilter),
        ("workspace", ScopedRelatedFilter),
        ("at", RangeDateFilter),
    )
    ordering = ("-at", "-id")
    fields = ("at", "action", "contact", "lead", "actor_label", "metadata", "workspace")


class AdSpendForm(VerbForm):
    class Meta:
        model = AdSpend
        fields = ("workspace", "day", "platform", "campaign", "source", "amount", "currency")


@admin.register(AdSpend)
class AdSpendAdmin(VerbAdmin):
    """Kept by the one function that replaces a campaign's day; another amount is another save."""

    view_permission = Permission.METRICS_ALL
    add_permission = Permission.IMPORT
    change_permission = Permission.IMPORT
    delete_permission = Permission.IMPORT
    form = AdSpendForm
    list_display = ("day", "platform", "campaign", "source", "amount", "currency", "workspace")
    list_filter = (
        ("source", ChoicesDropdownFilter),
        ("workspace", ScopedRelatedFilter),
        ("day", RangeDateFilter),
    )
    list_select_related = ("workspace",)
    search_fields = ("platform", "campaign")
    ordering = ("-day", "-id")
    fields = ("workspace", ("day", "platform", "campaign"), "source", ("amount", "currency"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # These name the row.
        return ("workspace", "day", "platform", "campaign") if obj else ()

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        actor = access(request).actor(data["workspace"])
        given = {name: data[name] for name in AdSpendForm.Meta.fields[1:]}
        return ad_spend.record([ad_spend.Spend(**given)], actor=actor).rows[0]

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        given = {name: getattr(obj, name) for name in AdSpendForm.Meta.fields[1:]} | changes
        ad_spend.record([ad_spend.Spend(**given)], actor=self.actor(request, obj))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        ad_spend.delete(obj.pk, actor=self.actor(request, obj))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset.select_related("workspace"):
            self.delete_model(request, row)
