"""What a member is told: in the frame of every page, and by e-mail if they wish."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantManager, TenantModel

from .lead import Lead


class Notification(TenantModel):
    """One piece of news for one person; written from the outbox, once for each event.

    The words are made when it is shown: nothing personal of the lead is copied here.
    """

    class Kind(models.TextChoices):
        ASSIGNED = "assigned", _("A lead was assigned to you")
        TASK_DUE = "task_due", _("A task is due")
        RESPONSE_SOON = "response_soon", _("A first response is due soon")
        RESPONSE_MISSED = "response_missed", _("A first response was missed")
        EXPORT_READY = "export_ready", _("A file is ready")
        EXPORT_FAILED = "export_failed", _("A file could not be made")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        verbose_name=_("for"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    lead = TenantForeignKey(
        Lead,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lead"),
    )
    # The news it was written from; of a reminder, the task; of an alert, made of lead and kind;
    # of a file, its export.
    event_id = models.UUIDField(_("event"), editable=False)
    by = models.CharField(_("by"), max_length=200, blank=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    # When it is to be mailed; None: not at all, or done.
    email_due_at = models.DateTimeField(_("e-mail due"), null=True, blank=True)
    email_attempts = models.PositiveSmallIntegerField(_("e-mail attempts"), default=0)
    emailed_at = models.DateTimeField(_("e-mailed"), null=True, blank=True)
    email_error = models.CharField(_("e-mail error"), max_length=500, blank=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "user", "event_id"], name="notification_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "assigned",
                        "task_due",
                        "response_soon",
                        "response_missed",
                        "export_ready",
                        "export_failed",
                    ]
                ),
                name="notification_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(lead__isnull=False) | Q(kind__in=["export_ready", "export_failed"]),
                name="notification_of_a_lead",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "user", "-id"], name="notification_newest"),
            models.Index(
                fields=["workspace", "user"],
                condition=Q(read_at__isnull=True),
                name="notification_unread",
            ),
            models.Index(
                fields=["email_due_at"],
                condition=Q(email_due_at__isnull=False),
                name="notification_mail_due",
            ),
            models.Index(fields=["workspace", "lead"], name="notification_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.created_at:%Y-%m-%d %H:%M}"
