"""Connections to outside services, and the outbox through which news leaves a transaction."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.encryption import SealedDict
from accounts.models import TenantForeignKey, TenantManager, TenantModel, Tracked


class Connection(TenantModel):
    """A workspace's credentials and settings for one provider; without secrets, a dry run."""

    history = Tracked(
        ("provider", "name", "settings", "is_active", "deleted_at"),
        names=("secrets_sealed",),
        labels={"secrets_sealed": _("credentials"), "deleted_at": _("deleted")},
    )

    provider = models.CharField(_("provider"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    secrets_sealed = models.TextField(blank=True, editable=False)
    secrets = SealedDict("secrets_sealed")
    is_active = models.BooleanField(_("active"), default=True)
    # What the address names that an outside service sends to; blank where nothing arrives.
    inbound_token = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.TextField(blank=True, editable=False)
    consecutive_failures = models.PositiveIntegerField(default=0, editable=False)
    # The circuit breaker: no call before this time.
    paused_until = models.DateTimeField(null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TenantManager()

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="connection_new"),
            models.Index(
                fields=["inbound_token"],
                condition=~Q(inbound_token=""),
                name="connection_inbound_token",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_secrets(self) -> bool:
        return bool(self.secrets_sealed)


class OutboxEvent(TenantModel):
    """A piece of news, written with the change it tells of and handed to every consumer once.

    `payload` is the versioned public form of the thing, rendered by the app that owns it.
    """

    type = models.CharField(_("type"), max_length=60)
    subject_id = models.UUIDField(_("subject"))
    payload = models.JSONField(_("payload"))
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    set_aside_at = models.DateTimeField(_("set aside"), null=True, blank=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("outbox event")
        verbose_name_plural = _("outbox events")
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(processed_at__isnull=True, set_aside_at__isnull=True),
                name="outbox_waiting",
            ),
            models.Index(
                fields=["set_aside_at"],
                condition=Q(set_aside_at__isnull=False),
                name="outbox_set_aside",
            ),
            models.Index(fields=["workspace", "subject_id"], name="outbox_subject"),
            models.Index(fields=["workspace", "-created_at", "-id"], name="outbox_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.created_at:%Y-%m-%d %H:%M}"


class InboundDelivery(TenantModel):
    """What an outside service sent, stored once before anything is made of it.

    `payload` is in our words already: the provider has checked and translated it.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        HANDLED = "handled", _("Handled")
        UNMATCHED = "unmatched", _("Belongs to nobody known")
        FAILED = "failed", _("Failed")

    connection = TenantForeignKey(Connection, on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(_("kind"), max_length=40)
    external_id = models.CharField(_("external id"), max_length=400)
    payload = models.JSONField(_("payload"))
    status = models.CharField(_("state"), max_length=10, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("inbound delivery")
        verbose_name_plural = _("inbound deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "connection", "external_id"], name="inbound_delivery_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "handled", "unmatched", "failed"]),
                name="inbound_delivery_status_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "-created_at", "-id"], name="inbound_delivery_newest"
            ),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status="waiting"),
                name="inbound_delivery_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d %H:%M}"
