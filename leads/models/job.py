"""Something that is done to many leads, in the background."""

from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantQuerySet
from accounts.permissions import Permission

from .background import BackgroundWork

if TYPE_CHECKING:
    from accounts.actors import Actor


class JobQuerySet(TenantQuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """A rep's own; managers and keys see everybody's, and so do viewers, who have none."""
        rows = self.in_workspace(actor.own_workspace.pk)
        works = actor.user is not None and actor.can(Permission.LEAD_EDIT)
        if works and not actor.can(Permission.METRICS_ALL):
            return rows.filter(user=actor.user)
        return rows

    def unfinished(self) -> Self:
        return self.filter(status__in=[Job.Status.QUEUED, Job.Status.RUNNING])


class Job(BackgroundWork):
    """A bulk action over named leads or over a filter, and how far it is.

    Made and steered by `leads.bulk.jobs`, worked off by `leads.bulk.job_runs`. Its id is
    time-ordered: leads that come in after it was asked for have a higher one, and are none of its.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        COMPLETED = "completed", _("Completed")
        FAILED = "failed", _("Stopped")
        CANCELED = "canceled", _("Canceled")

    action = models.CharField(_("action"), max_length=40)
    parameters = models.JSONField(_("parameters"), default=dict)
    # Either these leads, or whatever the filter finds: values by name, none for all leads.
    lead_ids = ArrayField(models.UUIDField(), verbose_name=_("leads"), null=True, editable=False)
    filter = models.JSONField(_("filter"), null=True, editable=False)
    # The deletion that this restoring takes back.
    undoes = TenantForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )

    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.QUEUED, editable=False
    )
    total = models.PositiveIntegerField(_("leads in all"), default=0, editable=False)
    total_is_estimate = models.BooleanField(default=False, editable=False)
    changed = models.PositiveIntegerField(_("changed"), default=0, editable=False)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0, editable=False)
    failed = models.PositiveIntegerField(_("refused"), default=0, editable=False)
    # The first of those that were refused: which lead, and why.
    errors = models.JSONField(_("refusals"), default=list, editable=False)
    # The last lead that was dealt with; the next is the one with the next higher id.
    position = models.UUIDField(null=True, editable=False)
    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running", "completed", "failed", "canceled"]),
                name="job_status_known",
            ),
            models.CheckConstraint(
                condition=Q(lead_ids__isnull=True) | Q(filter__isnull=True),
                name="job_one_selection",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="job_newest"),
            models.Index(fields=["workspace", "user", "-created_at", "-id"], name="job_of_user"),
            models.Index(
                fields=["due_at"],
                condition=Q(status__in=["queued", "running"]),
                name="job_due",
            ),
            models.Index(fields=["workspace", "undoes"], name="job_undoes"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def done(self) -> int:
        """How many leads were dealt with."""
        return self.changed + self.unchanged + self.failed

    @property
    def is_finished(self) -> bool:
        return self.status not in (Job.Status.QUEUED, Job.Status.RUNNING)

    @property
    def may_go_on(self) -> bool:
        """Whether it stopped before its end."""
        return self.status in (Job.Status.FAILED, Job.Status.CANCELED)

    @property
    def progress(self) -> int:
        """In percent; never 100 before the end."""
        if self.status == Job.Status.COMPLETED:
            return 100
        return min(99, 100 * self.done // self.total) if self.total else 0

    def named_next(self, count: int) -> list[UUID]:
        """The next of the leads that were named, which are kept in order."""
        after = [pk for pk in self.lead_ids or () if self.position is None or pk > self.position]
        return after[:count]
