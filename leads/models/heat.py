"""What a workspace counts as warm, and the leads whose score is to be worked out again."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantManager, TenantModel, Tracked

MOST_POINTS = 1_000
MOST_DAYS = 3_650
_A_THRESHOLD = [MinValueValidator(1), MaxValueValidator(30_000)]


class HeatSettings(TenantModel):
    """A workspace's own scoring; one without a row has `leads.scoring.heat.DEFAULT`.

    `weights` has the points of each interaction type that heats, `caps` the most that one type may
    add to a lead. Changed through `leads.scoring.heat_settings`.
    """

    history = Tracked(("weights", "warm_from", "hot_from", "caps", "half_life_days"))

    weights = models.JSONField(_("points"), default=dict, blank=True)
    warm_from = models.PositiveSmallIntegerField(_("warm from"), validators=_A_THRESHOLD)
    hot_from = models.PositiveSmallIntegerField(_("hot from"), validators=_A_THRESHOLD)
    caps = models.JSONField(_("at most"), default=dict, blank=True)
    half_life_days = models.PositiveSmallIntegerField(
        _("half-life in days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text=_("After so many days a touchpoint counts half. Empty: points stay."),
    )
    # The day in UTC by which points had decayed when the leads were last scored for it.
    decayed_on = models.DateField(null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("heat settings")
        verbose_name_plural = _("heat settings")
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="heat_settings_once"),
            models.CheckConstraint(
                condition=Q(warm_from__gte=1, hot_from__gt=F("warm_from")), name="heat_levels_rise"
            ),
            models.CheckConstraint(
                condition=Q(half_life_days__isnull=True) | Q(half_life_days__gte=1),
                name="heat_half_life_positive",
            ),
        ]

    def __str__(self) -> str:
        return _("warm from %(warm)s, hot from %(hot)s") % {
            "warm": self.warm_from,
            "hot": self.hot_from,
        }


class HeatStretch(TenantModel):
    """Leads of a workspace that wait for their score to be worked out again, a stretch by id.

    Workers split off a piece each and delete it when it is done; see `leads.scoring.rescoring`.
    """

    # Ids and not references: a lead at the edge may be gone by then.
    first_lead = models.UUIDField(null=True, blank=True, editable=False)
    before_lead = models.UUIDField(null=True, blank=True, editable=False)
    due_at = models.DateTimeField(_("due"), default=timezone.now, editable=False)

    objects = TenantManager()

    class Meta:
        verbose_name = _("leads to score again")
        verbose_name_plural = _("leads to score again")
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(fields=["due_at", "id"], name="heat_stretch_due"),
            models.Index(fields=["workspace"], name="heat_stretch_workspace"),
        ]

    def __str__(self) -> str:
        return f"{self.first_lead or '…'} – {self.before_lead or '…'}"
