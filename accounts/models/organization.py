"""The paying customer and the units that own data."""

import re
import zoneinfo

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id

# What outside systems call a workspace ("workspace_123") is also a part of its pages' address.
SLUG_PATTERN = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")
DEFAULT_REQUESTS_PER_HOUR = 1000


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Use a name such as Europe/Berlin."),
            params={"name": name},
        )


class Organization(models.Model):
    """The paying customer: its people and workspaces."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Workspace(models.Model):
    """The unit that owns data: a team, a location's account, or an outside system."""

    class RepAccess(models.TextChoices):
        ALL = "all", _("All leads")
        OWN = "own", _("Own and unassigned leads")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="workspaces"
    )
    slug = models.CharField(
        _("short name"),
        max_length=63,
        unique=True,
        validators=[
            RegexValidator(
                SLUG_PATTERN,
                _("Use lower-case letters, digits, hyphens and underscores, up to 63 of them."),
            )
        ],
        help_text=_("Part of the address of its pages, and its workspace_id in the API."),
    )
    name = models.CharField(_("name"), max_length=200)
    country = models.CharField(
        _("country"),
        max_length=2,
        default="US",
        validators=[RegexValidator(r"^[A-Z]{2}$", _("Use the two-letter ISO code."))],
        help_text=_(
            "Two-letter ISO code; phone numbers without a country code are read as its own."
        ),
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="USD",
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Use the three-letter ISO code."))],
    )
    rate_limit_per_hour = models.PositiveIntegerField(
        _("API requests an hour"),
        default=DEFAULT_REQUESTS_PER_HOUR,
        validators=[MinValueValidator(1), MaxValueValidator(10_000_000)],
    )
    rep_lead_access = models.CharField(
        _("what reps see"), max_length=3, choices=RepAccess, default=RepAccess.ALL
    )
    no_contact_days = models.PositiveSmallIntegerField(
        _("days without contact"),
        null=True,
        blank=True,
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("A new lead nobody contacted for so long is closed as lost. Empty: never."),
    )
    lost_contact_days = models.PositiveSmallIntegerField(
        _("days without activity"),
        null=True,
        blank=True,
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("A qualified lead without activity for so long is closed. Empty: never."),
    )
    final_conversion_types = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("final conversion types"),
        default=list,
        blank=True,
        help_text=_("Conversion types beside “sale” that convert the lead."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("workspace")
        verbose_name_plural = _("workspaces")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(slug__regex=SLUG_PATTERN.pattern),
                name="workspace_slug_format",
            )
        ]

    def __str__(self) -> str:
        return self.name
