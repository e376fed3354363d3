"""What is to be done next with a lead, by when and by whom."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantModel

from .lead import Lead
from .of_lead import OfLeadQuerySet

if TYPE_CHECKING:
    from accounts.models import User

LONGEST_TITLE = 200


class TaskQuerySet(OfLeadQuerySet):
    def open(self) -> Self:
        return self.filter(done_at__isnull=True)

    def overdue(self, now: datetime) -> Self:
        return self.open().filter(due_at__lt=now)

    def owned_by(self, user: "User") -> Self:
        return self.filter(owner=user)


class Task(TenantModel):
    """A follow-up, written by `leads.diary.followups`, which keeps the lead's `next_task_at`."""

    lead = TenantForeignKey(Lead, on_delete=models.CASCADE, related_name="tasks")
    title = models.CharField(_("title"), max_length=LONGEST_TITLE)
    notes = models.TextField(_("notes"), blank=True)
    due_at = models.DateTimeField(_("due"))
    reminder_at = models.DateTimeField(_("reminder"), null=True, blank=True)
    # When the reminder went out, so that it does once.
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("owner"),
    )
    done_at = models.DateTimeField(_("done"), null=True, blank=True, editable=False)
    done_by = models.CharField(_("done by"), max_length=200, blank=True, editable=False)
    # Not done but dropped, because the lead was lost; reopening the lead brings it back.
    closed_with_lead = models.BooleanField(_("closed with the lead"), default=False, editable=False)
    created_by = models.CharField(_("created by"), max_length=200, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["due_at", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="task_has_title"),
            models.CheckConstraint(
                condition=Q(closed_with_lead=False) | Q(done_at__isnull=False),
                name="task_closed_with_lead_is_done",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "lead", "due_at"], name="task_of_lead"),
            models.Index(fields=["workspace", "due_at", "id"], name="task_calendar"),
            models.Index(fields=["workspace", "created_at", "id"], name="task_newest"),
            models.Index(
                fields=["workspace", "owner", "due_at", "id"],
                condition=Q(done_at__isnull=True),
                name="task_open_of_owner",
            ),
            models.Index(
                fields=["workspace", "due_at", "id"],
                condition=Q(done_at__isnull=True),
                name="task_open",
            ),
            models.Index(
                fields=["workspace", "-done_at", "-id"],
                condition=Q(done_at__isnull=False),
                name="task_done_last",
            ),
            models.Index(
                fields=["reminder_at"],
                condition=Q(done_at__isnull=True, reminded_at__isnull=True),
                name="task_reminder_due",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_done(self) -> bool:
        return self.done_at is not None
