"""How soon a new lead is to be answered, and when the people who answer are at work."""

from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantManager, TenantModel, Tracked

# Ten thousand minutes are four weeks of eight-hour days.
MOST_TARGET_MINUTES = 10_000
MOST_HOLIDAYS = 400
WORKING_DAYS = [0, 1, 2, 3, 4]


def working_days() -> list[int]:
    """Monday to Friday."""
    return list(WORKING_DAYS)


class ResponseSettings(TenantModel):
    """A workspace's target for the first response; one without a row, or a target, has none.

    `days` counts from Monday, 0; `closes_at` midnight is the end of the day. Times are in the
    workspace's zone. Changed through `leads.responding.response`.
    """

    history = Tracked(("target_minutes", "days", "opens_at", "closes_at", "holidays"))

    target_minutes = models.PositiveIntegerField(
        _("minutes to the first response"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_TARGET_MINUTES)],
        help_text=_("Counted in business hours. Empty: no target."),
    )
    days = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("business days"), default=working_days
    )
    opens_at = models.TimeField(_("open from"), default=time(9))
    closes_at = models.TimeField(
        _("open until"), default=time(17), help_text=_("00:00 is the end of the day.")
    )
    holidays = ArrayField(models.DateField(), verbose_name=_("holidays"), default=list, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("first-response target")
        verbose_name_plural = _("first-response targets")
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="response_settings_once"),
            models.CheckConstraint(
                condition=Q(target_minutes__isnull=True)
                | Q(target_minutes__gte=1, target_minutes__lte=MOST_TARGET_MINUTES),
                name="response_target_in_range",
            ),
            models.CheckConstraint(
                condition=~Q(days=[]) & Q(days__contained_by=[0, 1, 2, 3, 4, 5, 6]),
                name="response_days_known",
            ),
            models.CheckConstraint(
                condition=Q(closes_at=time(0)) | Q(closes_at__gt=models.F("opens_at")),
                name="response_closes_after_opening",
            ),
        ]

    def __str__(self) -> str:
        if self.target_minutes is None:
            return str(_("no target"))
        return str(_("%(minutes)d minutes") % {"minutes": self.target_minutes})
