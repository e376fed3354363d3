"""A planned visit."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantModel

from .lead import Lead
from .of_lead import OfLeadQuerySet


class Appointment(TenantModel):
    """A visit of a lead. Its status is written by `leads.diary.appointments` and the lifecycle."""

    class Status(models.TextChoices):
        SCHEDULED = "scheduled", _("Scheduled")
        ATTENDED = "attended", _("Attended")
        NO_SHOW = "no_show", _("No-show")
        CANCELED = "canceled", _("Canceled")

    class MatchedVia(models.TextChoices):
        MATCHBACK = "matchback", _("Matchback")
        EMAIL = "email", _("E-mail")
        MANUAL = "manual", _("By hand")
        CALENDAR = "calendar", _("Calendar")
        CALL = "call", _("Call")

    lead = TenantForeignKey(Lead, on_delete=models.CASCADE, related_name="appointments")
    scheduled_for = models.DateTimeField(_("scheduled for"))
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.SCHEDULED, editable=False
    )
    matched_via = models.CharField(
        _("found by"), max_length=10, choices=MatchedVia, default=MatchedVia.MANUAL
    )
    external_ref = models.CharField(_("external reference"), max_length=200, blank=True)
    location = models.CharField(_("location"), max_length=300, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OfLeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        ordering = ["-scheduled_for", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_ref"],
                condition=~Q(external_ref=""),
                name="appointment_external_ref_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["scheduled", "attended", "no_show", "canceled"]),
                name="appointment_status_known",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "lead", "scheduled_for"], name="appointment_of_lead"),
            models.Index(fields=["workspace", "scheduled_for", "id"], name="appointment_calendar"),
            # What lies ahead, and what nobody has said a word about: of all visits the fewest.
            models.Index(
                fields=["workspace", "scheduled_for", "id"],
                condition=Q(status="scheduled"),
                name="appointment_planned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheduled_for:%Y-%m-%d %H:%M}"
