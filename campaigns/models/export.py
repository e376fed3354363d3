"""A file of leads on its way out, made in the background."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet
from leads.models import BackgroundWork

from .campaign import Campaign
from .lead_list import LeadList

if TYPE_CHECKING:
    from accounts.actors import Actor


class ExportQuerySet(TenantQuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        return self.in_workspace(actor.own_workspace.pk)

    def unfinished(self) -> Self:
        return self.filter(status__in=[Export.Status.QUEUED, Export.Status.RUNNING])


class Export(BackgroundWork):
    """Leads of a filter, members of a list, or a campaign's results, as CSV or XLSX.

    `filter` is what GET /leads/ takes. The file lies in `ExportChunk` and is deleted at
    `expires_at`. Each piece commits with the lead it ends with and what its writer has to know to
    go on: a worker that takes over a dead one's goes on behind the last piece.
    """

    class Kind(models.TextChoices):
        LEADS = "leads", _("Leads")
        LIST = "list", _("A list")
        CAMPAIGN = "campaign", _("A campaign's results")

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel"

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        COMPLETED = "completed", _("Completed")
        FAILED = "failed", _("Stopped")
        EXPIRED = "expired", _("Deleted")

    kind = models.CharField(_("what"), max_length=8, choices=Kind)
    file_format = models.CharField(_("format"), max_length=4, choices=Format, default=Format.CSV)
    filter = models.JSONField(_("filter"), default=dict, blank=True)
    columns = models.JSONField(_("columns"), default=list, blank=True)
    lead_list = TenantForeignKey(
        LeadList, on_delete=models.CASCADE, null=True, blank=True, related_name="exports"
    )
    campaign = TenantForeignKey(
        Campaign, on_delete=models.CASCADE, null=True, blank=True, related_name="exports"
    )
    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.QUEUED, editable=False
    )
    file_name = models.CharField(_("file"), max_length=255, blank=True, editable=False)
    file_size = models.PositiveBigIntegerField(_("size"), default=0, editable=False)
    total = models.PositiveIntegerField(_("rows in all"), default=0, editable=False)
    done = models.PositiveIntegerField(_("rows"), default=0, editable=False)
    expires_at = models.DateTimeField(_("kept until"), null=True, editable=False)
    # The last lead that stands in the file, and how far its writer is.
    position = models.UUIDField(null=True, editable=False)
    pieces = models.PositiveIntegerField(default=0, editable=False)
    writer_state = models.JSONField(default=dict, editable=False)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running", "completed", "failed", "expired"]),
                name="export_status_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="leads", lead_list__isnull=True, campaign__isnull=True)
                | Q(kind="list", lead_list__isnull=False, campaign__isnull=True)
                | Q(kind="campaign", lead_list__isnull=True, campaign__isnull=False),
                name="export_is_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(file_format__in=["csv", "xlsx"]), name="export_format_known"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="export_newest"),
            models.Index(
                fields=["due_at"], condition=Q(status__in=["queued", "running"]), name="export_due"
            ),
            models.Index(
                fields=["expires_at"], condition=Q(status="completed"), name="export_expires"
            ),
            models.Index(fields=["workspace", "lead_list"], name="export_of_list"),
            models.Index(fields=["workspace", "campaign"], name="export_of_campaign"),
        ]

    def __str__(self) -> str:
        return self.file_name or f"{self.kind} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_finished(self) -> bool:
        return self.status not in (Export.Status.QUEUED, Export.Status.RUNNING)

    @property
    def progress(self) -> int:
        """In percent; never 100 before the end."""
        if self.status == Export.Status.COMPLETED:
            return 100
        return min(99, 100 * self.done // self.total) if self.total else 0


class ExportChunk(TenantModel):
    """A piece of an exported file."""

    parent = TenantForeignKey(Export, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField(_("piece"))
    data = models.BinaryField(_("bytes"))

    objects = TenantManager()

    class Meta:
        verbose_name = _("piece of an exported file")
        verbose_name_plural = _("pieces of exported files")
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "parent", "number"], name="export_chunk_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.parent_id} {self.number}"
