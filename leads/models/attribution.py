"""Where a lead came from: the click identifiers and campaign words it arrived with."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantManager, TenantModel


class Attribution(models.Model):
    """Columns shared by the lead (as it was created) and by each later touch."""

    gclid = models.CharField(max_length=512, blank=True)
    gbraid = models.CharField(max_length=512, blank=True)
    wbraid = models.CharField(max_length=512, blank=True)
    fbclid = models.CharField(max_length=512, blank=True)
    fbp = models.CharField(max_length=512, blank=True)
    fbc = models.CharField(max_length=600, blank=True)
    meta_lead_id = models.CharField(max_length=64, blank=True)
    li_fat_id = models.CharField(max_length=512, blank=True)
    utm_source = models.CharField(max_length=255, blank=True)
    utm_medium = models.CharField(max_length=255, blank=True)
    utm_campaign = models.CharField(max_length=255, blank=True)
    utm_term = models.CharField(max_length=255, blank=True)
    utm_content = models.CharField(max_length=255, blank=True)
    landing_page = models.CharField(max_length=2000, blank=True)
    referrer = models.CharField(max_length=2000, blank=True)

    class Meta:
        abstract = True


ATTRIBUTION_FIELDS = tuple(field.name for field in Attribution._meta.local_fields)
CLICK_FIELDS = ATTRIBUTION_FIELDS[: ATTRIBUTION_FIELDS.index("utm_source")]


class Touch(Attribution, TenantModel):
    """One arrival with attribution; the first made the lead, later ones found it open."""

    lead = TenantForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="touches")
    source = models.CharField(_("source"), max_length=20)
    at = models.DateTimeField(_("at"))

    objects = TenantManager()

    class Meta:
        verbose_name = _("touch")
        verbose_name_plural = _("touches")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["workspace", "lead", "at"], name="touch_of_lead")]

    def __str__(self) -> str:
        return f"{self.source} {self.at:%Y-%m-%d}"
