"""Messages in the admin: found by person, channel and state, and sent again; who a workspace is."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter

from accounts.admin_access import access
from accounts.admin_base import (
    ScopedRelatedFilter,
    VerbAdmin,
    do_to_each,
    short_time,
)
from accounts.admin_decorators import display
from accounts.permissions import Permission
from leads.admin.history import OfLeads
from leads.messaging import email_sender
from leads.messaging import messages as conversation
from leads.models import EmailSender, Message

COLORS = {
    "recorded": "info",
    "received": "info",
    "queued": "warning",
    "sending": "warning",
    "sent": "success",
    "delivered": "success",
    "bounced": "danger",
    "failed": "danger",
}


@admin.register(Message)
class MessageAdmin(OfLeads):
    """Written on the page of the lead; here they are found, and what failed is sent again."""

    retry_verb_permission = Permission.LEAD_EDIT
    list_display = (
        "moment",
        "lead",
        "channel",
        "direction",
        "subject",
        "shown_status",
        "workspace",
    )
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("channel", ChoicesDropdownFilter),
        ("direction", ChoicesDropdownFilter),
        ("workspace", ScopedRelatedFilter),
        ("at", RangeDateFilter),
    )
    ordering = ("-at", "-id")
    fields = (
        "lead",
        "workspace",
        ("channel", "direction", "author"),
        ("at", "sent_at"),
        "subject",
        "body",
        "meta",
        ("status", "error"),
        ("attempts", "next_attempt_at"),
        ("message_id", "in_reply_to"),
        "created_at",
    )
    actions = ("retry",)

    @display(description=gettext_lazy("At"), ordering="at")
    def moment(self, row: Message) -> str:
        return short_time(row.at)

    @display(description=gettext_lazy("State"), ordering="status", label=COLORS)
    def shown_status(self, row: Message) -> tuple[str, str]:
        return row.status, row.get_status_display()

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return self.allows(request, self.retry_verb_permission, None)

    @admin.action(description=gettext_lazy("Send again"), permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        do_to_each(
            request,
            queryset.select_related("workspace"),
            lambda row: conversation.retry(row.pk, actor=self.actor(request, row)),
            said=_("%(count)d messages are tried again."),
        )


@admin.register(EmailSender)
class EmailSenderAdmin(VerbAdmin):
    add_permission = Permission.RULE_EDIT
    change_permission = Permission.RULE_EDIT
    list_display = ("workspace", "sender_name", "sender_address", "updated_at")
    list_filter = (("workspace", ScopedRelatedFilter),)
    list_select_related = ("workspace",)
    search_fields = ("workspace__name", "workspace__slug", "sender_name", "sender_address")
    ordering = ("workspace__name", "id")
    fields = ("workspace", *email_sender.CHANGEABLE)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("workspace",) if obj else ()

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        actor = access(request).actor(data.pop("workspace"))
        return email_sender.save(actor=actor, changes=data)

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        email_sender.save(actor=self.actor(request, obj), changes=changes)
