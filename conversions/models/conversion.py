"""A logged business result, and the audit row of what a workspace did with a contact."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    TenantForeignKey,
    TenantManager,
    TenantModel,
    TenantQuerySet,
    Tracked,
    workspace_without_key,
)
from leads.models import Contact, Lead

if TYPE_CHECKING:
    from accounts.actors import Actor


class ConversionQuerySet(TenantQuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """Conversions of the contacts the actor may see."""
        rows = self.in_workspace(actor.own_workspace.pk)
        return rows.filter(contact__in=Contact.objects.visible_to(actor).values("pk"))


class Conversion(TenantModel):
    """A result worth money: a sale, an appointment, a qualification, or a type of one's own."""

    history = Tracked(
        (
            "contact",
            "lead",
            "type",
            "value",
            "currency",
            "converted_at",
            "external_ref",
            "conversion_source",
        ),
        names=("converted_by", "custom_data"),
    )

    # The key of `contact` holds it; a second check took a twentieth of what a conversion costs.
    workspace = workspace_without_key()
    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="conversions")
    lead = TenantForeignKey(
        Lead, on_delete=models.SET_NULL, null=True, blank=True, related_name="conversions"
    )
    type = models.CharField(_("type"), max_length=60)
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    converted_by = models.CharField(_("converted by"), max_length=200)
    converted_at = models.DateTimeField(_("converted"))
    external_ref = models.CharField(_("external reference"), max_length=200, blank=True)
    # The last contact method before it: which channel led to it.
    conversion_source = models.CharField(_("led to by"), max_length=20, blank=True)
    custom_data = models.JSONField(_("custom data"), default=dict, blank=True)

    objects = ConversionQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversion")
        verbose_name_plural = _("conversions")
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_ref"],
                condition=~Q(external_ref=""),
                name="conversion_external_ref_once",
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | ~Q(currency=""),
                name="conversion_value_has_currency",
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(value__gte=0),
                name="conversion_value_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-converted_at", "-id"], name="conversion_newest"),
            models.Index(fields=["workspace", "-created_at", "-id"], name="conversion_logged"),
            models.Index(fields=["workspace", "contact"], name="conversion_of_contact"),
            models.Index(fields=["workspace", "lead"], name="conversion_of_lead"),
            models.Index(fields=["workspace", "type", "-converted_at"], name="conversion_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.converted_at:%Y-%m-%d}"


class Activity(TenantModel):
    """What a workspace did with a contact. Rows are added, never changed."""

    class Action(models.TextChoices):
        SENT = "sent", _("Sent")
        RECEIVED = "received", _("Received")
        CONVERTED = "converted", _("Converted")
        UPDATED = "updated", _("Updated")

    # The key of `contact` holds it; a second check took a twentieth of what a conversion costs.
    workspace = workspace_without_key()
    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="activities")
    lead = TenantForeignKey(
        Lead, on_delete=models.SET_NULL, null=True, blank=True, related_name="activities"
    )
    action = models.CharField(_("action"), max_length=10, choices=Action)
    at = models.DateTimeField(_("at"))
    actor_label = models.CharField(_("by"), max_length=200, blank=True)
    metadata = models.JSONField(_("details"), default=dict, blank=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(action__in=["sent", "received", "converted", "updated"]),
                name="activity_action_known",
            )
        ]
        indexes = [
            models.Index(fields=["workspace", "-at", "-id"], name="activity_newest"),
            models.Index(fields=["workspace", "contact", "-at"], name="activity_of_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"
