"""Where a lead stands, where it came from and how warm it is, each as one of a few words."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    NEW = "new", _("New")
    ENRICHED = "enriched", _("Enriched")
    CONTACTED = "contacted", _("Contacted")
    CONVERSING = "conversing", _("Conversing")
    QUALIFIED = "qualified", _("Qualified")
    SCHEDULED = "scheduled", _("Scheduled")
    COMPLETED = "completed", _("Completed")
    CONVERTED = "converted", _("Converted")
    LOST = "lost", _("Lost")


# Completed counts as closed: a repeat buyer's new click opens a new lead.
OPEN_STATUSES = (
    Status.NEW,
    Status.ENRICHED,
    Status.CONTACTED,
    Status.CONVERSING,
    Status.QUALIFIED,
    Status.SCHEDULED,
)


class Source(models.TextChoices):
    WEBSITE = "website", _("Website")
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    FACEBOOK = "facebook", _("Facebook")
    INSTAGRAM = "instagram", _("Instagram")
    LINKEDIN = "linkedin", _("LinkedIn")
    REFERRAL = "referral", _("Referral")
    DIRECT = "direct", _("Direct")
    IMPORT = "import", _("Import")
    API = "api", _("API")
    OTHER = "other", _("Other")


class Heat(models.TextChoices):
    COLD = "COLD", _("Cold")
    WARM = "WARM", _("Warm")
    HOT = "HOT", _("Hot")


class QualityRating(models.TextChoices):
    HOT = "hot", _("Hot")
    WARM = "warm", _("Warm")
    COLD = "cold", _("Cold")
    UNRATED = "unrated", _("Unrated")
