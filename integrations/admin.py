"""Connections and the outbox in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin_access import access
from accounts.admin_base import ReadOnlyAdmin, ScopedRelatedFilter, SoftDeleteAdmin, VerbAdmin
from accounts.admin_decorators import action, display
from accounts.admin_pages import change_page, confirmed, question
from accounts.middleware import unscoped
from accounts.permissions import Permission
from accounts.tenancy import scope, system_scope
from integrations import connections, health, inbox, outbox
from integrations.admin_forms import ConnectionForm, ProviderForm
from integrations.models import Connection, InboundDelivery, OutboxEvent
from integrations.registry import CONNECTABLE

STATES = {
    "ok": ("success", gettext_lazy("Works")),
    "untried": ("info", gettext_lazy("Not tried yet")),
    "dry_run": ("info", gettext_lazy("Dry run")),
    "paused": ("warning", gettext_lazy("Paused")),
    "failing": ("danger", gettext_lazy("Failing")),
    "off": ("danger", gettext_lazy("Off")),
}


class OutboxStateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("waiting", _("Waiting")),
            ("set_aside", _("Set aside")),
            ("processed", _("Processed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "waiting":
                return queryset.filter(processed_at__isnull=True, set_aside_at__isnull=True)
            case "set_aside":
                return queryset.filter(processed_at__isnull=True, set_aside_at__isnull=False)
            case "processed":
                return queryset.filter(processed_at__isnull=False)
        return queryset


class TroubleFilter(admin.SimpleListFilter):
    """The connections that operators' home counts."""

    title = gettext_lazy("trouble")
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Failing or paused"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(health.in_trouble(timezone.now())) if self.value() else queryset


@admin.register(Connection)
class ConnectionAdmin(SoftDeleteAdmin, VerbAdmin):
    """Secrets go in and never come out: their fields are always empty."""

    # Who edits rules chooses among connections; only owners touch credentials.
    view_permission = Permission.RULE_EDIT
    add_permission = Permission.CONNECTION_MANAGE
    change_permission = Permission.CONNECTION_MANAGE
    delete_permission = Permission.CONNECTION_MANAGE
    list_display = (
        "name",
        "provider_label",
        "workspace",
        "state",
        "last_success_at",
        "last_error_at",
    )
    list_filter = ("provider", "is_active", TroubleFilter, ("workspace", ScopedRelatedFilter))
    list_select_related = ("workspace",)
    search_fields = ("name", "provider", "workspace__name")
    ordering = ("name", "id")
    actions_detail = ("test_connection",)
    readonly_fields = (
        "state_name",
        "last_success_at",
        "last_error_at",
        "last_error",
        "consecutive_failures",
        "paused_until",
        "created_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(deleted_at__isnull=True)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """First the provider is chosen, then its fields are filled in."""
        if request.GET.get("provider") in CONNECTABLE:
            page: HttpResponse = super().add_view(request, form_url, extra_context)
            return page
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ProviderForm(request.POST or None)
        if form.is_valid():
            return redirect(f"{request.path}?provider={form.cleaned_data['provider']}")
        return question(self, request, title=_("Add a connection"), button=_("Next"), form=form)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = self._form_class(request, obj)
        return super().get_form(request, obj, change=change, **kwargs)

    def _form_class(self, request: HttpRequest, obj: Any) -> type[ConnectionForm]:
        return ConnectionForm.for_provider(obj.provider if obj else request.GET["provider"])

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        form = self._form_class(request, obj)
        health_fields = {"fields": self.readonly_fields, "classes": ("tab",)}
        if obj is None:
            secrets = form.secret_names()[:-1]
            return [
                (None, {"fields": ("workspace", "name", "is_active")}),
                (_("Settings"), {"fields": form.setting_names()}),
                (_("Secrets"), {"fields": secrets}),
            ]
        first = {"fields": ("name", "provider_label", "workspace", "is_active")}
        if not self.has_change_permission(request, obj):
            return [
                (None, first),
                (_("Settings"), {"fields": ("settings",)}),
                (_("Health"), health_fields),
            ]
        return [
            (None, first),
            (_("Settings"), {"fields": form.setting_names()}),
            (_("Secrets"), {"fields": form.secret_names()}),
            (_("Health"), health_fields),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "provider_label", "workspace") if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        actor = self.actor(request, obj)
        if change:
            connections.update(obj.pk, actor=actor, changes=form.changes())
            return
        made = connections.create(actor=actor, provider=request.GET["provider"], **form.changes())
        obj.pk = made.pk
        obj.refresh_from_db()

    def take_away(self, request: HttpRequest, obj: Any) -> None:
        connections.delete(obj.pk, actor=self.actor(request, obj))

    @display(description=gettext_lazy("Provider"), ordering="provider")
    def provider_label(self, row: Connection) -> str:
        provider = CONNECTABLE.get(row.provider)
        return provider.label if provider else row.provider

    @display(
        description=gettext_lazy("State"),
        label={name: color for name, (color, _l) in STATES.items()},
    )
    def state(self, row: Connection) -> tuple[str, str]:
        return _state_of_connection(row)

    @display(description=gettext_lazy("State"))
    def state_name(self, row: Connection) -> str:
        return _state_of_connection(row)[1]

    def get_urls(self) -> list[URLPattern]:
        # Declared before unfold's own, which would run inside the request's transaction.
        test = path(
            "<path:object_id>/test/",
            unscoped(self.admin_site.admin_view(self.test_page)),
            name="integrations_connection_test",
        )
        return [test, *super().get_urls()]

    @action(
        description=gettext_lazy("Test connection"),
        url_path="test",
        permissions=["change"],
        icon="network_check",
    )
    def test_connection(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The button; the page itself is `test_page`, at the same address."""
        return self.test_page(request, object_id)

    def test_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Try the connection with a harmless call, while no transaction is open."""
        ids = access(request).workspace_ids(Permission.VIEW)
        with system_scope() if access(request).sees_everything else scope(*ids):
            row = self.row(request, object_id)
            actor = self.actor(request, row)
            actor.require(Permission.CONNECTION_MANAGE)
        if request.method != "POST":
            return question(
                self,
                request,
                title=_("Test the connection “%(name)s”") % {"name": row.name},
                explanation=_("A harmless call shows whether the platform lets Leadloop in."),
                button=_("Test now"),
            )
        result = connections.try_out(row, actor=actor)
        tell = messages.success if result.ok else messages.error
        tell(request, result.explanation)
        return change_page(self, row.pk)


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    """News on its way to its consumers; what failed for good waits here for a person."""

    view_permission = Permission.WORKSPACE_MANAGE
    list_display = ("type", "workspace", "subject_id", "created_at", "state", "attempts")
    list_filter = (OutboxStateFilter, "type", ("workspace", ScopedRelatedFilter))
    list_select_related = ("workspace",)
    search_fields = ("=subject_id", "type")
    ordering = ("-created_at", "-id")
    actions = ("replay_events",)
    actions_detail = ("replay",)
    fields = (
        "type",
        "workspace",
        "subject_id",
        "state_name",
        "created_at",
        "processed_at",
        "set_aside_at",
        "attempts",
        "next_attempt_at",
        "last_error",
        "payload",
    )

    @display(
        description=gettext_lazy("State"),
        label={"waiting": "info", "set_aside": "danger", "processed": "success"},
    )
    def state(self, row: OutboxEvent) -> tuple[str, str]:
        return _state_of_event(row)

    @display(description=gettext_lazy("State"))
    def state_name(self, row: OutboxEvent) -> str:
        return _state_of_event(row)[1]

    @admin.action(description=gettext_lazy("Replay"), permissions=["view"])
    def replay_events(self, request: HttpRequest, queryset: QuerySet[OutboxEvent]) -> None:
        waiting = list(queryset.filter(processed_at__isnull=True))
        for event in waiting:
            outbox.replay(event)
        messages.success(request, _("%(count)d events are queued again.") % {"count": len(waiting)})

    @action(
        description=gettext_lazy("Replay"), url_path="replay", permissions=["view"], icon="replay"
    )
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        event = self.row(request, object_id)
        return confirmed(
            self,
            request,
            event,
            title=_("Replay this event"),
            explanation=_(
                "Its consumers get it once more. What they did already is not done twice."
            ),
            button=_("Replay"),
            perform=lambda: outbox.replay(event),
            done=_("The event is queued again."),
        )

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        is_done = self.row(request, str(object_id)).processed_at is not None
        return [] if is_done else super().get_actions_detail(request, object_id)


@admin.register(InboundDelivery)
class InboundDeliveryAdmin(ReadOnlyAdmin):
    """What outside services sent; what belongs to nobody known, or failed, waits for a person."""

    view_permission = Permission.WORKSPACE_MANAGE
    list_display = ("kind", "workspace", "connection", "created_at", "shown_status", "attempts")
    list_filter = ("status", "kind", ("workspace", ScopedRelatedFilter))
    list_select_related = ("workspace", "connection")
    search_fields = ("=external_id",)
    ordering = ("-created_at", "-id")
    actions = ("replay_deliveries",)
    fields = (
        "kind",
        "workspace",
        "connection",
        "external_id",
        "status",
        "created_at",
        "handled_at",
        "attempts",
        "next_attempt_at",
        "last_error",
        "payload",
    )

    @display(
        description=gettext_lazy("State"),
        label={"waiting": "info", "handled": "success", "unmatched": "warning", "failed": "danger"},
    )
    def shown_status(self, row: InboundDelivery) -> tuple[str, str]:
        return row.status, row.get_status_display()

    @admin.action(description=gettext_lazy("Handle again"), permissions=["view"])
    def replay_deliveries(self, request: HttpRequest, queryset: QuerySet[InboundDelivery]) -> None:
        rows = list(queryset.exclude(status=InboundDelivery.Status.HANDLED))
        for row in rows:
            inbox.replay(row)
        messages.success(request, _("%(count)d deliveries wait again.") % {"count": len(rows)})


def _state_of_connection(row: Connection) -> tuple[str, str]:
    """Its code, and what it is called."""
    name = health.state(row, timezone.now())
    return name, str(STATES[name][1])


def _state_of_event(row: OutboxEvent) -> tuple[str, str]:
    if row.processed_at:
        return "processed", _("Processed")
    return ("set_aside", _("Set aside")) if row.set_aside_at else ("waiting", _("Waiting"))
