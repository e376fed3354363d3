"""One conversion event on its way to one ad platform."""

from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import Count, Min, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet
from integrations.models import Connection
from leads.models import Contact, Lead

from .conversion import Conversion
from .rule import ConversionRule

if TYPE_CHECKING:
    from accounts.actors import Actor


# What a row of a table shows, and what it is ordered by.
_TABLE_COLUMNS = (
    "created_at",
    "trigger",
    "status",
    "explanation",
    "next_attempt_at",
    "value",
    "currency",
    "attempts",
    "occurred_at",
)


class UploadQuerySet(TenantQuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """Uploads of the leads the actor may see."""
        rows = self.all()
        if actor.workspace is None:
            return rows
        rows = rows.in_workspace(actor.workspace.pk)
        if actor.workspace.rep_lead_access == actor.workspace.RepAccess.OWN and actor.role == "rep":
            rows = rows.filter(lead__in=Lead.objects.visible_to(actor))
        return rows

    def for_table(self) -> Self:
        """With what a page shows of one upload among others, and no other column."""
        return self.select_related("connection", "contact", "lead").only(
            *_TABLE_COLUMNS,
            "connection__name",
            "lead__number",
            *(f"contact__{column}" for column in Contact.NAME_COLUMNS),
        )

    def counted(self) -> dict[tuple[UUID, str], int]:
        """How many there are, by connection and status; an index alone answers."""
        groups = self.order_by().values_list("connection_id", "status").annotate(n=Count("*"))
        return {(connection_id, status): number for connection_id, status, number in groups}

    def waiting_since(self) -> dict[UUID, datetime]:
        """When the oldest that waits was made, by connection."""
        waiting = self.filter(status__in=Upload.WAITING).order_by()
        return dict(waiting.values_list("connection_id").annotate(Min("created_at")))


class Upload(TenantModel):
    """One event for one platform: once per rule and lead for stages, per rule and conversion else.

    The unique keys are what makes "told once" true: reopening and qualifying again finds its row.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        SENDING = "sending", _("Sending")
        ACCEPTED = "accepted", _("Accepted")
        CONFIRMED = "confirmed", _("Confirmed")
        RETRYING = "retrying", _("Retrying")
        HELD = "held", _("Held")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Expired")
        DRY_RUN = "dry_run", _("Dry run")
        SKIPPED = "skipped", _("Skipped")

    # On their way, or about to be.
    WAITING = (Status.PENDING, Status.SENDING, Status.RETRYING)

    rule = TenantForeignKey(ConversionRule, on_delete=models.CASCADE, related_name="uploads")
    connection = TenantForeignKey(Connection, on_delete=models.CASCADE, related_name="uploads")
    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="uploads")
    lead = TenantForeignKey(
        Lead, on_delete=models.CASCADE, null=True, blank=True, related_name="uploads"
    )
    conversion = TenantForeignKey(
        Conversion, on_delete=models.CASCADE, null=True, blank=True, related_name="uploads"
    )
    trigger = models.CharField(_("event"), max_length=80)
    event_id = models.CharField(_("event id"), max_length=64)
    external_action = models.CharField(_("sent as"), max_length=200)
    occurred_at = models.DateTimeField(_("happened"))
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    # Names the claim that is under way, so that a late worker cannot overwrite its successor.
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    error_kind = models.CharField(_("kind of error"), max_length=16, blank=True)
    error_code = models.CharField(_("error code"), max_length=200, blank=True)
    explanation = models.TextField(_("explanation"), blank=True)
    platform_ref = models.CharField(_("platform's reference"), max_length=200, blank=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "rule", "lead"],
                condition=Q(conversion__isnull=True),
                name="upload_once_per_rule_and_lead",
            ),
            models.UniqueConstraint(
                fields=["workspace", "rule", "conversion"],
                condition=Q(conversion__isnull=False),
                name="upload_once_per_rule_and_conversion",
            ),
            models.UniqueConstraint(fields=["workspace", "event_id"], name="upload_event_id_once"),
            models.CheckConstraint(
                condition=Q(conversion__isnull=False) | Q(lead__isnull=False),
                name="upload_is_about_something",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(status__in=["pending", "retrying"]),
                name="upload_due",
            ),
            models.Index(
                fields=["leased_until"], condition=Q(status="sending"), name="upload_leased"
            ),
            models.Index(fields=["workspace", "-created_at", "-id"], name="upload_newest"),
            models.Index(
                fields=["workspace", "status", "-created_at", "-id"], name="upload_status"
            ),
            models.Index(fields=["workspace", "connection", "status"], name="upload_connection"),
            models.Index(fields=["workspace", "lead"], name="upload_of_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.trigger} → {self.external_action}"


class UploadAttempt(TenantModel):
    """One call to the platform for an upload, and how it ended. Rows are added, never changed."""

    upload = TenantForeignKey(Upload, on_delete=models.CASCADE, related_name="attempt_log")
    number = models.PositiveIntegerField(_("attempt"))
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"))
    outcome = models.CharField(_("outcome"), max_length=16)
    code = models.CharField(_("code"), max_length=200, blank=True)
    explanation = models.TextField(_("explanation"), blank=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("upload attempt")
        verbose_name_plural = _("upload attempts")
        ordering = ["started_at", "id"]
        indexes = [
            models.Index(fields=["workspace", "upload", "started_at"], name="attempt_of_upload")
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.outcome}"
