"""What the Metrics page reads when a period has too many leads to be counted while one waits.

`leads.measuring.metrics_rollup` writes both tables; a trigger of the leads' table makes the marks.
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantManager, TenantModel, workspace_without_key


class MetricsMark(TenantModel):
    """Leads that were made in the quarter of an hour from `at` on have changed since counted.

    `created_at` is when they changed. A mark from the beginning of time says that they were not
    counted ever. Rows are only ever added and taken away, so that writers never wait for another.
    """

    # The trigger may speak of a workspace that is being deleted.
    workspace = workspace_without_key()
    created_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)
    at = models.DateTimeField(_("of the leads from"))

    objects = TenantManager()

    class Meta:
        verbose_name = _("metrics mark")
        verbose_name_plural = _("metrics marks")
        indexes = [models.Index(fields=["workspace", "created_at"], name="metrics_mark_oldest")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class MetricsDocument(TenantModel):
    """The leads made on one day, or in one month, of the workspace's calendar, counted.

    `part` is empty for all of them, else `source:<source>` or `owner:<user id>` (`owner:` for those
    that are nobody's). `total` has their tally, `parts` its tallies by source and by owner.
    """

    class Span(models.TextChoices):
        DAY = "day", _("Day")
        MONTH = "month", _("Month")

    span = models.CharField(_("span"), max_length=5, choices=Span)
    starts = models.DateField(_("first day"))
    part = models.CharField(_("part"), max_length=60, blank=True)
    total = models.BinaryField(_("total"))
    parts = models.BinaryField(_("parts"))

    objects = TenantManager()

    class Meta:
        verbose_name = _("metrics document")
        verbose_name_plural = _("metrics documents")
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "part", "span", "starts"], name="metrics_document_once"
            ),
            models.CheckConstraint(
                condition=Q(span__in=["day", "month"]), name="metrics_span_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.span} {self.starts:%Y-%m-%d} {self.part}".strip()
