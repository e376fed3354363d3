"""A file of leads on its way in: its pieces, its rows, what became of each, and what was learnt."""

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet
from leads.models import BackgroundWork

from .campaign import Campaign
from .lead_list import LONGEST_LIST_NAME, LeadList

if TYPE_CHECKING:
    from accounts.actors import Actor


def _match_on() -> list[str]:
    return ["email", "phone", "external_id"]


class ImportQuerySet(TenantQuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        return self.in_workspace(actor.own_workspace.pk)

    def with_work(self) -> Self:
        """Those a worker has something to do for."""
        return self.exclude(work="")


class Import(BackgroundWork):
    """`uploaded` → `mapped` → `ready` → `running` → `completed` | `failed` | `undone`.

    `status` is where a person finds it, `work` what a worker does for it meanwhile. The file's
    rows are read once into `ImportRow`; every step after that works through them by `position`,
    written with each batch in its transaction, so that a killed worker's successor goes on there.
    """

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        MAPPED = "mapped", _("Mapped")
        READY = "ready", _("Ready")
        RUNNING = "running", _("Running")
        COMPLETED = "completed", _("Completed")
        FAILED = "failed", _("Stopped")
        UNDONE = "undone", _("Undone")

    class Work(models.TextChoices):
        NONE = "", _("Nothing")
        READ = "read", _("Reading the file")
        CHECK = "check", _("Trying it out")
        RUN = "run", _("Taking leads in")
        UNDO = "undo", _("Undoing")

    class Duplicates(models.TextChoices):
        SKIP = "skip", _("Skip the row")
        FILL = "fill", _("Fill what is blank")
        OVERWRITE = "overwrite", _("Overwrite")

    class Kind(models.TextChoices):
        LEADS = "leads", _("Leads")
        # One row per lead and campaign, as the old schema had it.
        LEGACY = "legacy", _("Leads with their campaigns")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.LEADS)
    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.UPLOADED, editable=False
    )
    work = models.CharField(
        _("under way"), max_length=5, choices=Work, default=Work.READ, blank=True, editable=False
    )
    file_name = models.CharField(_("file"), max_length=255)
    file_size = models.PositiveBigIntegerField(_("size"), default=0, editable=False)
    # How it was read: format, encoding, delimiter, sheet, lines that were no rows.
    file_facts = models.JSONField(_("how it was read"), default=dict, editable=False)
    headers = models.JSONField(_("headers"), default=list, editable=False)
    # By place: some values of each column, for the mapping's page.
    samples = models.JSONField(_("samples"), default=list, editable=False)
    # By place: which field of a lead the column fills, "" for none.
    mapping = models.JSONField(_("mapping"), default=list)
    # What the values mean where a file leaves it open, such as the order of day and month.
    options = models.JSONField(_("options"), default=dict, blank=True)
    duplicates = models.CharField(
        _("known leads"), max_length=9, choices=Duplicates, default=Duplicates.SKIP
    )
    match_on = models.JSONField(_("known by"), default=_match_on)
    lead_list = TenantForeignKey(
        LeadList,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="imports",
        verbose_name=_("into the list"),
    )
    # Made when it runs, with this name, where no list was chosen.
    new_list_name = models.CharField(_("new list"), max_length=LONGEST_LIST_NAME, blank=True)
    campaign = TenantForeignKey(
        Campaign,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="imports",
        verbose_name=_("into the campaign"),
    )
    priority = models.PositiveSmallIntegerField(_("priority in the campaign"), default=1)

    total = models.PositiveIntegerField(_("rows"), default=0, editable=False)
    # The number of the last row the work under way has dealt with.
    position = models.PositiveIntegerField(default=0, editable=False)
    created = models.PositiveIntegerField(_("new"), default=0, editable=False)
    updated = models.PositiveIntegerField(_("updated"), default=0, editable=False)
    skipped = models.PositiveIntegerField(_("skipped"), default=0, editable=False)
    failed = models.PositiveIntegerField(_("errors"), default=0, editable=False)
    # What the dry run foresaw, and what undoing did, in the same four words and others.
    foreseen = models.JSONField(_("foreseen"), default=dict, editable=False)
    undone = models.JSONField(_("undone"), default=dict, editable=False)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "uploaded",
                        "mapped",
                        "ready",
                        "running",
                        "completed",
                        "failed",
                        "undone",
                    ]
                ),
                name="import_status_known",
            ),
            models.CheckConstraint(
                condition=Q(work__in=["", "read", "check", "run", "undo"]), name="import_work_known"
            ),
            models.CheckConstraint(
                condition=Q(duplicates__in=["skip", "fill", "overwrite"]),
                name="import_duplicates_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["leads", "legacy"]), name="import_kind_known"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="import_newest"),
            models.Index(fields=["due_at"], condition=~Q(work=""), name="import_due"),
            models.Index(fields=["workspace", "lead_list"], name="import_of_list"),
            models.Index(fields=["workspace", "campaign"], name="import_of_campaign"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def counts(self) -> dict[str, int]:
        return {
            "created": self.created,
            "updated": self.updated,
            "skipped": self.skipped,
            "errors": self.failed,
        }

    @property
    def progress(self) -> int:
        """Of the work under way, in percent; never 100 before its end."""
        if not self.work:
            return 100
        return min(99, 100 * self.position // self.total) if self.total else 0


class ImportChunk(TenantModel):
    """A piece of the uploaded file, until it was read: no disk is shared with the workers."""

    parent = TenantForeignKey(Import, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField(_("piece"))
    data = models.BinaryField(_("bytes"))

    objects = TenantManager()

    class Meta:
        verbose_name = _("piece of an imported file")
        verbose_name_plural = _("pieces of imported files")
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "parent", "number"], name="import_chunk_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.parent_id} {self.number}"


class ImportRow(TenantModel):
    """One row of the file as it stood there. Written once, by COPY, and dropped when it is old."""

    parent = TenantForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    # The line of the file, or the row of the sheet, counted as a person would.
    number = models.PositiveIntegerField(_("row"))
    cells = ArrayField(models.TextField(), verbose_name=_("cells"))
    # The code of what is wrong with it as a row, such as a quotation mark that is never closed.
    problem = models.CharField(_("problem"), max_length=20, blank=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("imported row")
        verbose_name_plural = _("imported rows")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "parent", "number"], name="import_row_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.parent_id} {self.number}"


class ImportResult(TenantModel):
    """What became of a row, or would (`check`). Added in the transaction that did it.

    The unique key is what makes a resumed import take no row twice. Its ids are no references:
    the result outlives the lead, and undoing looks at what is there then.
    """

    class Phase(models.TextChoices):
        CHECK = "check", _("Tried out")
        RUN = "run", _("Done")

    class Outcome(models.TextChoices):
        CREATED = "created", _("New")
        UPDATED = "updated", _("Updated")
        SKIPPED = "skipped", _("Skipped")
        ERROR = "error", _("Error")

    parent = TenantForeignKey(Import, on_delete=models.CASCADE, related_name="results")
    phase = models.CharField(_("phase"), max_length=5, choices=Phase)
    number = models.PositiveIntegerField(_("row"))
    outcome = models.CharField(_("outcome"), max_length=7, choices=Outcome)
    # [{field, code, message}], also of what was left out of a row that was taken.
    reasons = models.JSONField(_("reasons"), default=list)
    lead_id = models.UUIDField(null=True)
    contact_id = models.UUIDField(null=True)
    # For undoing: which contact, membership or campaign lead it made, and the values it replaced.
    made = models.JSONField(_("made"), default=dict)
    before = models.JSONField(_("before"), default=dict)

    objects = TenantManager()

    class Meta:
        verbose_name = _("result of an imported row")
        verbose_name_plural = _("results of imported rows")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "parent", "phase", "number"], name="import_result_once"
            ),
            models.CheckConstraint(
                condition=Q(phase__in=["check", "run"])
                & Q(outcome__in=["created", "updated", "skipped", "error"]),
                name="import_result_known",
            ),
        ]
        indexes = [
            # Those with something to say, which the page and the error file list.
            models.Index(
                fields=["workspace", "parent", "phase", "outcome", "number"],
                condition=~Q(outcome="created"),
                name="import_result_by_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.outcome}"


class ImportMapping(TenantModel):
    """How the columns of a file were mapped: the next file with the same headers gets it."""

    # SHA-256 of the headers, trimmed and in lower case, in their order.
    headers_digest = models.CharField(max_length=64, editable=False)
    headers = models.JSONField(_("headers"), default=list)
    mapping = models.JSONField(_("mapping"), default=list)
    options = models.JSONField(_("options"), default=dict, blank=True)
    duplicates = models.CharField(
        _("known leads"),
        max_length=9,
        choices=Import.Duplicates,
        default=Import.Duplicates.SKIP,
    )
    match_on = models.JSONField(_("known by"), default=_match_on)
    created_by = models.CharField(_("mapped by"), max_length=200, blank=True, editable=False)
    used_at = models.DateTimeField(_("last used"), default=timezone.now)

    objects = TenantManager()

    class Meta:
        verbose_name = _("remembered mapping")
        verbose_name_plural = _("remembered mappings")
        ordering = ["-used_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "headers_digest"], name="import_mapping_once"
            )
        ]

    def __str__(self) -> str:
        return ", ".join(map(str, self.headers))[:80]
