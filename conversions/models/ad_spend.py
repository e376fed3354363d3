"""What advertising cost on a day."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantManager, TenantModel, Tracked
from leads.models import Source


class AdSpend(TenantModel):
    """One campaign's cost of one day; the same day again replaces it (`conversions.ad_spend`).

    `source` is where the campaign's leads come in, so that its cost can be set beside them.
    """

    history = Tracked(("day", "platform", "campaign", "source", "amount", "currency"))

    day = models.DateField(_("day"))
    platform = models.SlugField(
        _("platform"), max_length=40, db_index=False, help_text=_("Such as google_ads or meta.")
    )
    campaign = models.CharField(_("campaign"), max_length=200, blank=True)
    source = models.CharField(_("source of its leads"), max_length=20, choices=Source)
    amount = models.DecimalField(
        _("amount"),
        max_digits=14,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0))],
    )
    currency = models.CharField(_("currency"), max_length=3)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("ad spend")
        verbose_name_plural = _("ad spend")
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "day", "platform", "campaign"], name="ad_spend_once_a_day"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="ad_spend_not_negative"),
            models.CheckConstraint(
                condition=~Q(currency="") & ~Q(platform=""), name="ad_spend_is_of_something"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-day", "-id"], name="ad_spend_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.platform} {self.campaign}".strip()
